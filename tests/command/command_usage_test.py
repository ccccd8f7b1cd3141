"""Mistakes on the command line: each is named, with the way out, before
anything runs, and no file that is read is replaced."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from program import CELLS, PROGRAM, QUICK, environment, run

# A command line, and below it what the program says to it.
MISTAKES = r"""
--item 3
    unknown option '--item': did you mean --items?
diff
    diff: name two files that `interleave compare --save` wrote, the earlier one
    first
diff a b c
    diff: name two files that `interleave compare --save` wrote, the earlier one
    first
scale --sleeping 0 --requests 0
    --sleeping and --requests are both 0: nothing would be measured
scale --sleeping -1
    --sleeping: '-1' is not a whole number from 0 to 10000000
sweep --cpu 1ms
    nothing is a list: write several values, as in --cpu 0us,1ms,5ms
sweep --limit 1,2 --items 3,4
    --limit and --items are both lists: sweep one of them
sweep --limit 4,2
    --limit: give at most 64 values in ascending order
sweep --limit 1,,2
    --limit: '' is not a whole number from 1 to 16384
compare --save
    --save needs a value: see `interleave compare --help`
doctor --jsn
    unknown option '--jsn': did you mean --json?
-x
    unknown option '-x': see `interleave compare --help`
compar
    unknown verb 'compar': did you mean compare?
frobnicate
    unknown verb 'frobnicate': use one of compare, diff, sweep, scale, run,
    list, serve, reproduce, docs, faults, doctor, manual
--items
    --items needs a value: see `interleave compare --help`
--items --limit 4
    --items needs a value: see `interleave compare --help`
--items=
    nothing follows the = of --items=: see `interleave compare --help`
--items 3 --items 4
    --items is given more than once: leave one of them out
run async/queue --events=yes
    --events takes no value: write --events alone
--items 3 run
    'run' is one word too many: see `interleave compare --help`
--cells async/que
    --cells: no cell is called 'async/que': did you mean 'async/queue'?
run async/quue
    run: no cell is called 'async/quue': did you mean 'async/queue'?
run
    run: which cell? Name one, such as async/queue;
    `interleave list` shows all
run async/*
    run: 'async/*' is more than one cell:
    `interleave compare --cells` takes several
--workload page
    --workload: no workload is called 'page': did you mean 'pages'?
--workload sleep --size 3
    --size: workload sleep downloads nothing, leave it out
--fault-rate 5
    --fault-rate: '5' has no %: write 5% for five items of a hundred
--fault-rate 101%
    --fault-rate: '101%' is not a share from 0% to 100%: write 5%
--faults reset
    --faults: how many items are to fail? Add --fault-rate 5%
--fault-rate 5% --faults reset,
    --faults: a name is missing: write kinds with commas between them,
    such as reset,truncated
--fault-rate 5% --faults reset,reset
    --faults: 'reset' is given twice
--workload sleep --fault-rate 5%
    --fault-rate: workload sleep asks no server, so none can fail:
    leave it out
--on-error die
    --on-error: 'die' is neither collect nor stop
--transport wget
    --transport: 'wget' is neither curl nor beast
--server slot-8
    --server: no server is called 'slot-8': did you mean 'slots-8'?
--backlog 8
    --backlog: nothing limits that: add --slots 8
--rate 400
    --rate: '400' has no /s: write 400/s
--then 50%:width=3
    --then: 'width' does not change: choose slots, knee, rate, bandwidth or
    slower
--workload sleep --slots 3
    --slots: workload sleep asks no server: leave it out
--urls none.txt --slots 3
    --urls and --slots exclude each other: only the suite's own origin has a
    capacity to choose; leave one of them out
serve --server cold
    a share of how many replies? Add --replies 1000, or write a number of them
    in --cold and --then
serve --slots 3 --replies 9
    --replies: nothing is a share of them: leave it out, or add --cold or --then
    with a share
--transport beast --urls none.txt
    --transport beast cannot fetch --urls, it is made for the suite's own
    origin: leave --transport out
--cacert ca.pem
    --cacert: the suite's own origin speaks http: leave it out,
    or add --urls FILE with https addresses
--insecure
    --insecure: the suite's own origin speaks http: leave it out,
    or add --urls FILE with https addresses
--urls none.txt --insecure --cacert ca.pem
    --cacert and --insecure exclude each other: servers are checked
    against that file, or not at all
run threads/queue --urls none.txt --transport beast
    --transport beast cannot fetch --urls, it is made for the suite's own
    origin: leave --transport out
--timeout 0
    --timeout: '0' is out of range: from 1.00 ms to 3600 s
--deadline 1441m
    --deadline: '1441m' is out of range: from 1.00 ms to 86400 s
--json --csv
    only one of --json, --csv and --markdown can have stdout:
    write the others to files, as in --csv=FILE
--trace
    --trace needs a value: see `interleave compare --help`
--json=x --trace ./x
    two reports have the same file 'x': name two files
--json=x --csv=x
    two reports have the same file 'x': name two files
--json=x --markdown=./y/../x
    two reports have the same file 'x': name two files
--json=a --json=b
    --json is given more than once: leave one of them out
--json --json=b
    --json is given more than once: leave one of them out
run async/queue --events --events
    --events is given more than once: leave one of them out
run async/queue --events --json
    only one of --events and --json can have stdout: write --json=FILE
run async/queue --timeline --json
    only one of --timeline and --json can have stdout: write --json=FILE
--timeline --csv
    only one of --timeline and --csv can have stdout: write --csv=FILE
faults --faults kiled
    --faults: no fault is called 'kiled': did you mean 'killed'?
faults --cells async/que
    --cells: no cell is called 'async/que': did you mean 'async/queue'?
faults --json --markdown
    only one of --json and --markdown can have stdout:
    write the others to files, as in --markdown=FILE
faults --json=x --markdown=./x
    two reports have the same file 'x': name two files
serve --port 65536
    --port: '65536' is not a port: write 0 (any free one) to 65535
serve --address localhost
    --address: 'localhost' is not a numeric address:
    write 127.0.0.1 or ::1
docs one two
    'two' is one word too many: see `interleave docs --help`
"""

# An option, the range of its values, and values outside of it.
RANGES = f"""
--items           1  1000000   0 1000001 -3 1e3 NaN 99999999999999999999
--limit           1  16384     0 16385 +1
--batch-size      1  1000000   0
--queue-capacity  1  1000000   0
--producers       1  16384     0
--runs            1  1000      0 1001
--seed            0  {2**64 - 1}  -1 {2**64}
"""

# Durations and sizes: what is wrong with them is told in
# tests/bench/text/units_test.cpp.
UNREADABLE = """
--latency abc
--latency -5ms
--cpu nan
--cpu 11s
--size 5TB
--size 2GiB
--max-body 2GiB
--max-body -1
"""


class Usage(unittest.TestCase):
    """A mistake is named, and so is the way out; the status is 2."""

    def refused(self, *arguments, says):
        ended = run(*arguments)
        self.assertEqual(ended.stderr, f"interleave: {says}\n")
        self.assertEqual(ended.stdout, "")
        self.assertEqual(ended.returncode, 2)

    def test_every_mistake_is_told_in_its_own_words(self):
        for mistake in re.split(r"\n(?=\S)", MISTAKES.strip()):
            typed, *says = mistake.splitlines()
            with self.subTest(typed=typed):
                text = " ".join(line.strip() for line in says)
                self.refused(*typed.split(), says=text)

    def test_numbers_are_held_to_their_range(self):
        for line in RANGES.strip().splitlines():
            option, low, high, *values = line.split()
            for bad in values + [""]:
                with self.subTest(option=option, bad=bad):
                    text = f"is not a whole number from {low} to {high}"
                    self.refused(
                        option, bad, says=f"{option}: '{bad}' {text}"
                    )

    def test_durations_and_sizes_are_held_to_theirs(self):
        for line in UNREADABLE.strip().splitlines():
            option, bad = line.split()
            with self.subTest(line=line):
                ended = run(option, bad)
                self.assertEqual(ended.returncode, 2)
                start = f"interleave: {option}: '{bad}' "
                self.assertEqual(ended.stderr[: len(start)], start)

    def test_a_name_is_made_inert(self):
        ended = run("\x1b[31m")
        self.assertIn("unknown verb '\\x1b[31m': ", ended.stderr)
        self.assertNotIn("\x1b", ended.stderr)

    def test_urls_exclude_what_makes_a_workload(self):
        for option in (
            "--workload --items --latency --size --cpu --fault-rate --faults"
        ).split():
            with self.subTest(option=option):
                self.refused(
                    "--urls",
                    "x",
                    option,
                    "1",
                    says=f"--urls and {option} exclude each other: a list of "
                    "URLs is its own workload; leave one of them out",
                )

    def test_what_is_no_file_of_addresses_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, what in (
                ("/dev/zero", "is longer than 256 MiB"),
                (folder, "is a directory"),
            ):
                with self.subTest(name=name):
                    self.refused(
                        "--urls",
                        name,
                        says=f"{name}: {what}: name a file of addresses",
                    )

    def test_an_empty_name_is_no_file(self):
        for words, says in (
            (["compare", "--save", ""], "--save: no file is named"),
            (["run", "async/queue", "--trace", ""],
             "--trace: no file is named"),
            (["compare", "--urls", ""], "--urls: no file is named"),
            (["diff", "", "x"], "'': cannot be read (No such file or "
             "directory): check its name and its permissions"),
            (["reproduce", "scans-queue", "--files", ""],
             "'': cannot be read (No such file or directory): check its name"),
        ):
            with self.subTest(words=words):
                self.refused(*words, says=says)

    def test_two_names_of_one_file_are_one(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "old").write_text("old")
            for make, name in ((os.symlink, "soft"), (os.link, "hard")):
                other = f"{folder}/{name}"
                make(f"{folder}/old", other)
                self.refused(
                    f"--csv={folder}/old",
                    f"--markdown={other}",
                    says=f"two reports have the same file '{folder}/old': "
                    "name two files",
                )


class Inputs(unittest.TestCase):
    """No report takes the place of a file that is read."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="command_usage_test.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.list = self.folder / "list.txt"
        self.list.write_text("http://127.0.0.1:1/\n")
        (self.folder / "soft").symlink_to("list.txt")
        (self.folder / "hard").hardlink_to(self.list)

    def refused(self, *words, says, **more):
        kept = self.list.read_text()
        with subprocess.Popen(
            [PROGRAM, *words], stdout=more.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE, text=True, env=environment(),
            cwd=self.folder, **{"stdin": subprocess.DEVNULL, **more},
        ) as process:
            stdout, stderr = process.communicate(timeout=60)
        self.assertEqual(stderr, f"interleave: {says}\n")
        self.assertEqual(process.returncode, 2)
        self.assertFalse(stdout)
        self.assertEqual(self.list.read_text(), kept)

    def test_a_report_may_not_replace_the_list_whatever_its_name(self):
        for option in "--save --json= --csv= --markdown= --html --trace".split():
            for name in ("list.txt", "./list.txt", "soft", "hard",
                         str(self.list)):
                with self.subTest(option=option, name=name):
                    words = ([option + name] if option.endswith("=")
                             else [option, name])
                    self.refused(
                        "compare", "--urls", "list.txt", *words,
                        says=f"{option.rstrip('=')} would replace 'list.txt', "
                        "which is read: name another file")

    def test_nor_certificates_that_the_environment_names(self):
        (self.folder / "0a1b2c3d.0").symlink_to("list.txt")
        for name, value in (("CURL_CA_BUNDLE", "list.txt"),
                            ("SSL_CERT_FILE", "hard"), ("SSL_CERT_DIR", ".")):
            with self.subTest(name=name):
                ended = subprocess.run(
                    [PROGRAM, "run", "async/queue", "--urls", "other",
                     "--html", "list.txt"], cwd=self.folder, text=True,
                    env={**environment(), name: value}, capture_output=True,
                    stdin=subprocess.DEVNULL, timeout=60, check=False)
                self.assertEqual(ended.returncode, 2)
                self.assertIn("--html would replace", ended.stderr)

    def test_nor_what_any_other_verb_reads(self):
        for verb, option in (
            ("run async/queue --urls soft", "--html"),
            ("run async/queue --urls other --cacert soft", "--html"),
            ("compare --urls other --cacert hard", "--save"),
            ("diff list.txt other", "--json"),
            ("diff other soft", "--markdown"),
            ("reproduce scans-queue --files other hard", "--html"),
            ("reproduce scans-queue --files soft", "--markdown"),
        ):
            with self.subTest(verb=verb):
                name = next(word for word in verb.split()
                            if (self.folder / word).exists())
                self.refused(
                    *verb.split(), f"{option}=list.txt",
                    says=f"{option} would replace '{name}', which is read: "
                    "name another file")

    def test_nor_what_comes_on_stdin(self):
        for option in ("--urls=-", "--urls=/dev/stdin"):
            with self.subTest(option=option), open(self.list) as stdin:
                self.refused(
                    "compare", option, "--save=soft", stdin=stdin,
                    says="--save would replace '/dev/stdin', which is read: "
                    "name another file")

    def test_stdout_may_not_be_a_file_that_is_read_or_written(self):
        for words, says in (
            ("--urls soft", "stdout is the file 'soft', which is read: send "
             "it to another one"),
            ("--json=hard", "stdout and --json have the same file 'hard': "
             "name two files"),
        ):
            with self.subTest(words=words), open(self.list, "a") as stdout:
                self.refused("compare", *words.split(), stdout=stdout,
                             says=says)

    def test_devices_and_pipes_keep_nothing_and_may_be_both(self):
        ended = run("compare", *QUICK, *CELLS, "--json=/dev/null",
                    "--csv=/dev/null", "--markdown=/dev/stdout")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("| async/queue |", ended.stdout)


if __name__ == "__main__":
    unittest.main()
