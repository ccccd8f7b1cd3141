"""The program as its users meet it: driven from outside, through its words,
its exit statuses and its files.

INTERLEAVE in the environment is the path of the binary.
"""

import csv
import io
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

PROGRAM = os.path.abspath(
    os.environ.get("INTERLEAVE", "build/release/interleave")
)

# Quick: two cells that need no network.
QUICK = "--workload sleep --latency 1ms --items 4 --runs 1".split()
CELLS = ["--cells", "sequential/*,async/queue"]


def environment(**changes):
    plain = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
        if name in os.environ:
            plain[name] = os.environ[name]
    plain.update(changes)
    return plain


def run(*arguments, env=None, **more):
    more.setdefault("stdout", subprocess.PIPE)
    return subprocess.run(
        [PROGRAM, *arguments],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=env or environment(),
        timeout=120,
        **more,
    )


def limited(descriptors, *arguments):
    """The same with a limit of descriptors."""
    words = " ".join(shlex.quote(word) for word in (PROGRAM, *arguments))
    return subprocess.run(
        ["sh", "-c", f"ulimit -n {descriptors}; exec {words}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(), timeout=120, check=False,
    )


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
    --limit: write up to 64 values that rise
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

# Durations and sizes: what is wrong with them is told in tests/bench/text/units_test.cpp.
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
                    "addresses is its own workload, leave one of them out",
                )

    def test_a_mistake_in_a_url_list_has_a_place(self):
        with tempfile.TemporaryDirectory() as folder:
            urls = pathlib.Path(folder, "urls.txt")
            urls.write_text("# mine\nhttp://127.0.0.1/\n\nftp://example.org/\n")
            ended = run("--urls", str(urls))
        self.assertEqual(ended.returncode, 2)
        self.assertIn(f"{urls}:4:1: ", ended.stderr)


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
        folder = tempfile.TemporaryDirectory(prefix="command_test.")
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


class Diff(unittest.TestCase):
    """Saved comparisons, held against each other."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.base = cls.folder / "base.json"
        ended = run(*QUICK[:-1], "3", *CELLS, "--save", str(cls.base))
        assert ended.returncode == 0, ended.stderr
        # Other tests run meanwhile; a busy machine gets no verdict.
        report = json.loads(cls.base.read_text())
        report["others_cpu_share"] = 0
        cls.base.write_text(json.dumps(report))

    def edited(self, edit):
        """The same comparison, with something changed in its JSON."""
        report = json.loads(self.base.read_text())
        edit(report)
        file = self.folder / "edited.json"
        file.write_text(json.dumps(report))
        return str(file)

    def test_a_comparison_does_not_differ_from_itself(self):
        ended = run("diff", str(self.base), str(self.base))
        self.assertEqual(ended.stderr, "")
        self.assertEqual(ended.returncode, 0)
        self.assertEqual(ended.stdout.count("no difference found"), 2)

    def test_what_is_saved_is_the_json_report(self):
        saved, printed = self.folder / "saved", self.folder / "printed"
        run(*QUICK, *CELLS, "--save", str(saved), f"--json={printed}")
        self.assertEqual(saved.read_text(), printed.read_text())
        self.assertEqual(json.loads(saved.read_text())["schema"],
                         "interleave/compare/v1")

    def test_a_cell_that_became_slower_ends_with_status_four(self):
        def slow_down(report):
            for i, time in enumerate((10**9, 10**9 + 1, 10**9 + 2)):
                report["cells"][1]["runs"][i]["wall_ns"] = time
        def even_out(report):
            for i, time in enumerate((10**8, 10**8 + 1, 10**8 + 2)):
                report["cells"][1]["runs"][i]["wall_ns"] = time
        slow = pathlib.Path(self.edited(slow_down)).rename(
            self.folder / "slow.json")
        fast = self.edited(even_out)
        ended = run("diff", fast, str(slow), "--json")
        self.assertEqual(ended.returncode, 4)
        self.assertEqual(json.loads(ended.stdout)["cells"][1]["verdict"],
                         "slower")
        ended = run("diff", str(slow), fast)
        self.assertEqual(ended.returncode, 0, "faster is no regression")
        self.assertIn("Faster: async/queue (0.10x)", ended.stdout)

    def test_contexts_that_differ_end_with_status_two_and_a_report(self):
        other = self.edited(
            lambda report: report["options"].update(limit=99))
        ended = run("diff", str(self.base), other)
        self.assertEqual(ended.returncode, 2)
        self.assertEqual(ended.stdout.count("not comparable: contexts differ"),
                         2)
        self.assertIn("options.limit is 8 in BASE and 99 in NEW",
                      " ".join(ended.stdout.split()))

    def test_a_cell_that_did_not_verify_ends_with_status_one(self):
        other = self.edited(
            lambda report: report["cells"][0].update(verified=False))
        self.assertEqual(run("diff", str(self.base), other).returncode, 1)

    def test_a_list_is_known_by_its_addresses_not_by_its_name(self):
        saved = {}
        first, second = "http://127.0.0.1:1/a\n", "http://127.0.0.1:1/b\n"
        for which, name, text in (
            ("base", "list", first + second),
            ("same", "copy", f"# the same\r\n\n  {first}\r\n#\n{second}"),
            ("turned", "list", second + first),
            ("changed", "list", first + second[:-2] + "c\n"),
        ):
            urls = self.folder / name
            urls.write_text(text)
            saved[which] = str(self.folder / f"list-{which}.json")
            run("--runs", "1", *CELLS, "--urls", str(urls),
                "--save", saved[which])
        for which, status in (("same", 1), ("turned", 2), ("changed", 2)):
            with self.subTest(which):
                ended = run("diff", saved["base"], saved[which], "--json")
                terms = [found["term"] for found in
                         json.loads(ended.stdout)["disagreements"]]
                # 1: nothing listens there, so that nothing is verified.
                self.assertEqual(ended.returncode, status)
                self.assertEqual(terms, ["workload.digest"] * (status - 1))

    def test_files_come_through_pipes_too(self):
        with open(self.base) as base:
            ended = subprocess.run(
                [PROGRAM, "diff", "/dev/stdin", str(self.base)], stdin=base,
                capture_output=True, text=True, env=environment(), timeout=60)
            self.assertEqual(ended.returncode, 0, ended.stderr)
        ended = subprocess.run(
            f"cat {self.base} | {PROGRAM} diff {self.base} -", shell=True,
            capture_output=True, text=True, env=environment(), timeout=60)
        self.assertEqual(ended.returncode, 0, ended.stderr)

    def test_foreign_files_are_refused(self):
        foreign = self.folder / "foreign"
        for text, says in (
            (b"", ":1:1: is no JSON"),
            (b"\x89PNG\r\n", ":1:1: is no JSON"),
            (b"{\n\"a\": nan}", ":2:7: is no JSON"),
            (b"[1, 2]", ": the whole is no object"),
            (b'{"schema": "other/v1"}',
             ": schema is not interleave/compare/v1"),
            (self.base.read_bytes()[:-20], ": is no JSON"),
            (self.base.read_bytes().replace(
                b'"items": 4', b'"items": ' + 20000 * b"[" + 20000 * b"]"),
             ": nests more than 64 lists and objects"),
        ):
            with self.subTest(text=text[:20]):
                foreign.write_bytes(text)
                ended = run("diff", str(self.base), str(foreign))
                self.assertEqual(ended.returncode, 2)
                self.assertEqual(ended.stdout, "")
                self.assertIn(f"interleave: {foreign}:", ended.stderr)
                self.assertIn(says, ended.stderr)
        for name in ("/dev/zero", str(self.folder), str(foreign) + "x"):
            ended = run("diff", name, str(self.base))
            self.assertEqual(ended.returncode, 2)
            self.assertIn(f"interleave: {name}: ", ended.stderr)


class Sweep(unittest.TestCase):
    ARGUMENTS = ["sweep", "--workload", "sleep", "--latency", "1ms", "--runs",
                 "1", "--cells", "threads/queue,async/queue"]

    def test_draws_every_value(self):
        ended = run(*self.ARGUMENTS, "--items", "2,4,8",
                    env=environment(COLUMNS="70"))
        self.assertEqual(ended.returncode, 0)
        self.assertRegex(ended.stdout, r"(?m)^    8 ")
        self.assertIn("● threads/queue  ▲ async/queue", ended.stdout)
        for line in ended.stdout.splitlines():
            self.assertLessEqual(len(line), 70, line)

    def test_measures_at_every_value(self):
        for option, values, wanted in (
            ("--limit", "1,4", lambda point: point["options"]["limit"]),
            ("--items", "2,6", lambda point: point["workload"]["items"]),
            ("--cpu", "0,1ms", lambda point: point["workload"]["cpu_ns"]),
        ):
            with self.subTest(option=option):
                ended = run(*self.ARGUMENTS, option, values, "--json")
                report = json.loads(ended.stdout)
                self.assertEqual(report["values"],
                                 [wanted(point) for point in report["points"]])
                self.assertEqual(len(report["points"]), 2)
                self.assertEqual(len(report["crossovers"]), 1)

    @unittest.skipIf("asan" in PROGRAM, "it keeps what was freed")
    def test_measures_every_value_from_a_parent_of_one_size(self):
        with tempfile.TemporaryDirectory() as folder:
            ended = run(
                "sweep", "--workload", "sleep", "--latency", "0ms", "--items",
                "20000", "--runs", "1", "--cells", "threads/queue", "--limit",
                "4,5,6,7", "--json", f"--html={folder}/page.html")
            self.assertEqual(ended.returncode, 0, ended.stderr)
            points = json.loads(ended.stdout)["points"]
            peaks = [point["cells"][0]["peak_rss_bytes"] for point in points]
            self.assertLess(peaks[-1] / peaks[0], 1.15)

    def test_csv_has_a_line_for_each_value_and_cell(self):
        ended = run(*self.ARGUMENTS, "--items", "2,4", "--csv")
        rows = list(csv.DictReader(io.StringIO(ended.stdout)))
        self.assertEqual([(row["axis"], row["value"]) for row in rows],
                         [("items", value) for value in "2244"])


class Scale(unittest.TestCase):
    ARGUMENTS = ["scale", "--cells", "async/gather,processes/gather",
                 "--sleeping", "20", "--requests", "10"]

    def test_climbs_and_says_how_far_it_came(self):
        ended = run(*self.ARGUMENTS)
        self.assertEqual(ended.returncode, 0)
        text = " ".join(ended.stdout.split())
        self.assertIn("In flight: async/gather with sleeping items, up to 20 at "
                      "once.", text)
        self.assertIn("processes/gather: requests of 100 bytes", text)

    def test_a_wall_is_named_before_it_is_hit(self):
        ended = limited(600, "scale", "--cells", "async/gather", "--sleeping",
                        "0", "--requests", "1000", "--json")
        self.assertEqual(ended.returncode, 0)
        ladder, = json.loads(ended.stdout)["ladders"]
        self.assertEqual(ladder["ended_at"], 1000)
        self.assertRegex(ladder["wall"],
                         r"^\d+ descriptors are needed, ulimit -Hn allows 600$")
        self.assertEqual([rung["items"] for rung in ladder["rungs"]],
                         [1, 10, 100])


class Help(unittest.TestCase):
    def test_opens_with_examples_that_can_be_run(self):
        for verb in (["compare"], ["run"], ["list"], ["serve"], ["faults"],
                     ["docs"], ["doctor"], []):
            with self.subTest(verb=verb):
                ended = run(*verb, "--help")
                self.assertEqual(ended.returncode, 0)
                self.assertRegex(ended.stdout, r"\A  interleave ")

    def test_fits_eighty_columns(self):
        for verb in ("compare", "run", "list", "serve", "docs", "faults",
                     "doctor", "--help"):
            for line in run(verb, "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)
                self.assertEqual(line, line.rstrip())

    def test_names_every_option(self):
        text = run("compare", "--help").stdout
        for option in (
            "workload items limit batch-size queue-capacity producers latency "
            "size cpu runs seed timeout deadline max-body cells urls on-error "
            "wide save timeline json csv markdown trace html"
        ).split():
            self.assertIn(f"\n  --{option}", text)


class Information(unittest.TestCase):
    def test_version_names_compiler_flags_and_libraries(self):
        text = run("--version").stdout
        self.assertRegex(
            text, r"\Ainterleave \d+\.\d+\.\d+ \(commit [0-9a-z]+\)\n"
        )
        for name in (
            "compiler flags Boost libcurl fmt nlohmann-json CLI11 xxHash"
        ).split():
            self.assertRegex(text, rf"(?m)^{name} +\S")

    def test_list_names_cells_and_workloads(self):
        text = run("list").stdout
        for name in (
            "one_by_one gather semaphore queue batches pipeline "
            "pages mixed sleep"
        ).split():
            self.assertRegex(text, rf"(?m)^ *{name} ")
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_list_is_json_too(self):
        listed = json.loads(run("list", "--json").stdout)
        cells = [cell["cell"] for cell in listed["cells"]]
        workloads = [workload["name"] for workload in listed["workloads"]]
        self.assertIn("async/queue", cells)
        self.assertEqual(workloads, ["pages", "mixed", "sleep"])

    def test_doctor_has_a_line_of_advice_for_everything(self):
        ended = run("doctor", env=environment(COLUMNS="1000"))
        self.assertEqual(ended.returncode, 0)
        names = [line.split()[1] for line in ended.stdout.splitlines()]
        self.assertEqual(
            names,
            "descriptors processes ports cores governor memory load clock "
            "kernel build".split(),
        )
        for line in ended.stdout.splitlines():
            self.assertIn(line.split()[0], ("ok", "warn"))

    def test_doctor_is_json_too(self):
        for check in json.loads(run("doctor", "--json").stdout)["checks"]:
            good = check["level"] == "ok"
            self.assertEqual(good, check["advice"] == "", check)

    def test_doctor_reckons_as_compare_does(self):
        """Enough for it is enough for the default workload, and one less is
        not."""
        for limit, level, status in ((136, "ok", 0), (135, "warn", 3)):
            with self.subTest(limit=limit):
                ended = limited(limit, "doctor", "--json")
                checks = json.loads(ended.stdout)["checks"]
                self.assertEqual(checks[0]["level"], level, checks[0])
                ended = limited(
                    limit, "--cells", "threads/gather", "--runs", "1"
                )
                self.assertEqual(ended.returncode, status, ended.stderr)
        self.assertIn(
            "threads/gather needs 136 file descriptors, and the limit is 135",
            ended.stderr,
        )

    def test_each_transport_is_reckoned_with_what_it_takes(self):
        job = "--items 100 --cells threads/gather --runs 1".split()
        for transport, needed in (("curl", 364), ("beast", 464)):
            with self.subTest(transport=transport):
                work = [*job, "--transport", transport]
                self.assertEqual(limited(needed, *work).returncode, 0)
                ended = limited(needed - 1, *work)
                self.assertEqual(ended.returncode, 3)
                self.assertIn(f"needs {needed} file desc", ended.stderr)

    def test_sleeping_needs_no_descriptors(self):
        ended = limited(
            100,
            *"--workload sleep --items 200 --latency 1ms --runs 1".split(),
            *["--cells", "threads/gather,async/gather"],
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)

    def test_doctor_fails_where_no_run_is_possible(self):
        ended = limited(40, "doctor")
        self.assertEqual(ended.returncode, 3)
        self.assertRegex(ended.stdout, r"(?m)^fail +descriptors ")


class Compare(unittest.TestCase):
    def test_is_the_verb_when_only_options_are_given(self):
        self.assertIn("sequential", run(*QUICK, *CELLS).stdout)

    def test_ends_with_status_zero_and_a_conclusion(self):
        ended = run("compare", *QUICK, *CELLS)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertTrue(ended.stdout.rstrip().endswith("."), ended.stdout)

    def test_writes_no_escape_codes_to_a_pipe(self):
        ended = run("compare", *QUICK, *CELLS)
        self.assertNotIn("\x1b", ended.stdout + ended.stderr)

    def test_is_ascii_where_the_locale_is(self):
        ended = run("compare", *QUICK, *CELLS, env=environment(LANG="C"))
        self.assertTrue(ended.stdout.isascii())
        self.assertIn("-----", ended.stdout)

    def test_never_exceeds_the_columns_it_is_given(self):
        for columns in (60, 80, 120):
            narrow = environment(COLUMNS=str(columns))
            ended = run("compare", *QUICK, *CELLS, env=narrow)
            for line in ended.stdout.splitlines():
                self.assertLessEqual(len(line), columns, line)

    def test_json_is_alone_on_stdout(self):
        ended = run("compare", *QUICK, *CELLS, "--json")
        report = json.loads(ended.stdout)
        self.assertEqual(report["schema"], "interleave/compare/v1")
        cells = [cell["cell"] for cell in report["cells"]]
        self.assertEqual(cells, ["sequential/one_by_one", "async/queue"])
        for cell in report["cells"]:
            self.assertEqual(cell["completed"], 4)
            self.assertTrue(cell["verified"])

    def test_csv_is_alone_on_stdout(self):
        ended = run("compare", *QUICK, *CELLS, "--csv")
        rows = list(csv.DictReader(io.StringIO(ended.stdout)))
        cells = [row["cell"] for row in rows]
        self.assertEqual(cells, ["sequential/one_by_one", "async/queue"])
        self.assertTrue(all(int(row["wall_ns"]) > 0 for row in rows))

    def test_markdown_is_alone_on_stdout(self):
        text = run("compare", *QUICK, *CELLS, "--markdown").stdout
        self.assertIn("| sequential/one\\_by\\_one |", text)

    def test_wide_adds_percentiles_and_lags(self):
        text = run("compare", *QUICK, *CELLS, "--wide").stdout
        self.assertRegex(text, r"(?m)^model +p50 +p99 +max +p50 +p99")
        self.assertRegex(text, r"(?m)^  sequential( +[\d.]+){6}( +-){3}$")
        self.assertRegex(text, r"(?m)^  async( +[\d.]+){9}$")
        report = json.loads(
            run("compare", *QUICK, *CELLS, "--wide", "--json").stdout)
        lag = [report["cells"][1][f"loop_lag_{which}_ns"]
               for which in ("p50", "p99", "max")]
        self.assertEqual(sorted(lag), lag)

    def test_timelines_stand_below_the_table(self):
        text = run("compare", *QUICK, *CELLS, "--timeline",
                   env=environment(COLUMNS="60")).stdout
        table, pictures = text.split("\none_by_one\n", 1)
        self.assertIn("verified", table)
        self.assertRegex(pictures, r"(?m)^lane 1 +│+\d?░")
        self.assertRegex(pictures, r"\nqueue\nasync/queue: .* 4 items in 4 "
                                   r"slots on one lane\nslot 1 +│")
        for line in text.splitlines():
            self.assertLessEqual(len(line), 60, line)

    def test_trace_events_stand_in_a_file(self):
        for verb in (["compare", *CELLS], ["run", "async/queue"]):
            with tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder, "trace.json")
                ended = run(*verb, *QUICK, "--trace", str(file))
                self.assertEqual(ended.returncode, 0, ended.stderr)
                self.assertIn("verified", ended.stdout)
                trace = json.loads(file.read_text())
                items = [event["name"] for event in trace["traceEvents"]
                         if event["ph"] == "b" and "args" in event]
                self.assertEqual(len(items), 4 * (2 if CELLS[1] in verb else 1))
                self.assertEqual(os.listdir(folder), ["trace.json"])

    def test_files_stand_beside_the_table(self):
        with tempfile.TemporaryDirectory() as folder:
            names = ["csv", "json", "markdown"]
            options = [f"--{name}={folder}/{name}" for name in names]
            ended = run("compare", *QUICK, *CELLS, *options)
            self.assertEqual(ended.returncode, 0, ended.stderr)
            self.assertIn("verified", ended.stdout)
            json.loads(pathlib.Path(folder, "json").read_text())
            self.assertEqual(sorted(os.listdir(folder)), names)

    def test_counts_failed_items_with_status_one(self):
        with tempfile.TemporaryDirectory() as folder:
            urls = pathlib.Path(folder, "urls.txt")
            urls.write_text("http://127.0.0.1:1/nobody-listens-here\n")
            ended = run("compare", "--urls", str(urls), "--runs", "1", *CELLS)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("0 of 1 items completed, 1 failed", ended.stdout)
        self.assertIn("refused", ended.stdout)

    def test_items_fail_as_the_seed_chooses_them(self):
        job = "--items 20 --latency 1ms --runs 1 --fault-rate 10%".split()
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "json")
            ended = run(
                "compare",
                *job,
                "--faults=status/404,truncated",
                f"--json={file}",
                *CELLS,
            )
            report = json.loads(file.read_text())
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("2 made to fail (10%)", " ".join(ended.stdout.split()))
        self.assertEqual(report["workload"]["fault_rate"], 0.1)
        self.assertEqual(
            report["workload"]["faults"], ["status/404", "truncated"]
        )
        failed = [
            [(error["item"], error["kind"]) for error in run["errors"]]
            for cell in report["cells"]
            for run in cell["runs"]
        ]
        self.assertEqual(failed[0], failed[1])
        self.assertEqual(
            sorted(kind for _, kind in failed[0]), ["http", "truncated"]
        )

    def test_progress_is_drawn_on_a_terminal_and_removed(self):
        try:
            primary, secondary = os.openpty()
        except OSError as error:  # a bare chroot has no /dev/pts
            self.skipTest(f"no terminal to be had: {error}")
        with subprocess.Popen(
            [PROGRAM, "compare", *QUICK, *CELLS],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=secondary,
            env=environment(),
        ) as process:
            os.close(secondary)
            drawn = b""
            try:
                while part := os.read(primary, 4096):
                    drawn += part
            except OSError:
                pass  # the terminal's other end is closed
            process.wait(timeout=60)
        os.close(primary)
        self.assertRegex(drawn, rb"%  (sequential|async)/\w+, run 1 of 2")
        self.assertTrue(drawn.endswith(b"\r\x1b[K"), drawn)


class Output(unittest.TestCase):
    """What cannot be written is told, with status 5, and nothing is lost."""

    def test_a_full_disk_still_leaves_the_table(self):
        ended = run("compare", *QUICK, *CELLS, "--json=/dev/full")
        self.assertEqual(ended.returncode, 5)
        self.assertIn("verified", ended.stdout)
        self.assertEqual(
            ended.stderr,
            "interleave: could not write '/dev/full': No space left on device; "
            "write it elsewhere\n",
        )

    def test_a_stdout_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            for arguments in (
                ["list"],
                ["--version"],
                ["--help"],
                ["compare", *QUICK, *CELLS],
                ["compare", *QUICK, *CELLS, "--json"],
            ):
                with self.subTest(arguments=arguments):
                    ended = run(*arguments, stdout=full)
                    self.assertEqual(ended.returncode, 5)
                    self.assertIn("could not write to stdout", ended.stderr)

    def test_a_closed_stdout_is_an_error(self):
        ended = subprocess.run(
            ["sh", "-c", f"exec '{PROGRAM}' compare {' '.join(QUICK)} >&-"],
            stderr=subprocess.PIPE, text=True, env=environment(), check=False,
        )
        self.assertEqual(ended.returncode, 5, ended.stderr)
        self.assertIn("to stdout: Bad file descriptor", ended.stderr)

    def test_files_are_written_though_stdout_cannot_be(self):
        with tempfile.TemporaryDirectory() as folder, \
                open("/dev/full", "w", encoding="ascii") as full:
            path = pathlib.Path(folder, "report.json")
            for verb in (["compare", *CELLS], ["run", "async/queue"]):
                with self.subTest(verb=verb):
                    ended = run(*verb, *QUICK, f"--json={path}", stdout=full)
                    self.assertEqual(ended.returncode, 5)
                    self.assertIn("to stdout: No space left", ended.stderr)
                    json.loads(path.read_text())
                    path.unlink()

    def test_what_cannot_become_a_file_is_told_before_hours_are_spent(self):
        hours = "--workload sleep --latency 1h".split()
        for verb, option, why in (
            ("compare", "--csv=/no/such/report.csv", "No such file or"),
            ("run async/queue", "--trace=/no/such/trace", "No such file or"),
            ("compare", "--save=/dev/null/base.json", "Not a directory"),
            ("sweep --limit 1,2", "--html=/", "Is a directory"),
            ("compare", f"--html={'a' * 256}", "File name too long"),
        ):
            with self.subTest(verb=verb):
                ended = run(*verb.split(), *hours, option)
                self.assertEqual(ended.returncode, 5, ended.stderr)
                self.assertEqual(ended.stdout, "")
                file = option.split("=")[1]
                self.assertIn(f"could not write '{file}': {why}", ended.stderr)

    @unittest.skipIf(os.geteuid() == 0, "root may write anywhere")
    def test_an_unwritable_folder_keeps_the_old_file(self):
        with tempfile.TemporaryDirectory() as folder:
            old = pathlib.Path(folder, "report.json")
            old.write_text("old")
            os.chmod(folder, 0o555)
            try:
                ended = run("compare", *QUICK, *CELLS, f"--json={old}")
                self.assertEqual(ended.returncode, 5)
                self.assertEqual(old.read_text(), "old")
            finally:
                os.chmod(folder, 0o755)

    def test_a_write_that_fails_keeps_the_old_file(self):
        with tempfile.TemporaryDirectory() as folder:
            old = pathlib.Path(folder, "report.json")
            old.write_text("old")
            # No file may become longer than one block of 512 bytes.
            ended = subprocess.run(
                ["sh", "-c", "trap '' XFSZ; ulimit -f 1; "
                 f"exec '{PROGRAM}' compare {' '.join(QUICK)} '--json={old}'"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=environment(), check=False,
            )
            self.assertEqual(ended.returncode, 5, ended.stderr)
            self.assertIn("File too large", ended.stderr)
            self.assertIn("verified", ended.stdout)
            self.assertEqual(old.read_text(), "old")
            self.assertEqual(os.listdir(folder), ["report.json"])

    def test_a_report_replaces_the_old_one_behind_a_link(self):
        with tempfile.TemporaryDirectory() as folder:
            old = pathlib.Path(folder, "report.json")
            old.write_text("old")
            old.chmod(0o640)
            link = pathlib.Path(folder, "link.json")
            link.symlink_to("report.json")
            ended = run("compare", *QUICK, *CELLS, f"--json={link}")
            self.assertEqual(ended.returncode, 0, ended.stderr)
            self.assertTrue(link.is_symlink())
            self.assertEqual(json.loads(old.read_text())["items"], 4)
            self.assertEqual(old.stat().st_mode & 0o777, 0o640)

    def test_the_first_failure_is_told_and_the_rest_is_tried(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "report.md")
            with open("/dev/full", "w", encoding="ascii") as full:
                ended = run(
                    "compare", *QUICK, *CELLS, "--csv=/dev/full",
                    f"--markdown={path}", stdout=full,
                )
            self.assertEqual(ended.returncode, 5)
            self.assertIn("could not write to stdout", ended.stderr)
            self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
            self.assertIn("| async/queue |", path.read_text())

    def test_a_reader_that_leaves_ends_it_quietly(self):
        for arguments in (
            ["list"],
            ["compare", *QUICK, *CELLS],
            ["run", "async/queue", *QUICK, "--events"],
        ):
            with self.subTest(arguments=arguments):
                reader, writer = os.pipe()
                os.close(reader)
                ended = run(*arguments, stdout=writer)
                os.close(writer)
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))


def events_of(text):
    """(event, item) for each line of the first table in `text`."""
    lines = text.split("\n\n", 1)[0].splitlines()[1:]
    return [(words[1], int(words[2])) for words in map(str.split, lines)]


class Run(unittest.TestCase):
    def test_events_show_the_limit_at_work(self):
        ended = run(
            *"run async/semaphore --items 4 --limit 2 --events".split()
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        events = events_of(ended.stdout)
        self.assertEqual(len(events), 16)
        started = [item for event, item in events if event == "started"]
        self.assertEqual(started, [1, 2, 3, 4])
        in_flight = 0
        for event, _ in events:
            in_flight += {"started": 1, "finished": -1}.get(event, 0)
            self.assertLessEqual(in_flight, 2)
        third = events.index(("started", 3))
        before = [event for event, _ in events[:third]]
        self.assertIn("finished", before)

    def test_events_of_an_item_follow_each_other(self):
        events = events_of(run("run", "async/queue", *QUICK, "--events").stdout)
        for item in range(1, 5):
            order = [event for event, of in events if of == item]
            self.assertEqual(
                order, ["queued", "started", "downloaded", "finished"]
            )

    def test_a_coroutine_has_one_lane_and_a_process_its_own(self):
        one = run("run", "async/gather", *QUICK, "--events").stdout
        many = run("run", "processes/gather", *QUICK, "--events").stdout
        self.assertEqual(len(re.findall(r"(?m)^lane \d+: process", one)), 1)
        processes = re.findall(r"(?m)^lane \d+: process (\d+)", many)
        self.assertEqual(len(set(processes)), 4)

    def test_a_timeline_has_a_row_for_each_lane(self):
        # Long enough for the second thread to have begun before they are done.
        arguments = "run threads/queue --workload sleep --latency 100ms".split()
        arguments += "--items 4 --runs 1 --limit 2 --timeline".split()
        text = run(*arguments).stdout
        self.assertEqual(re.findall(r"(?m)^(lane \d+)  *│", text),
                         ["lane 1", "lane 2"])
        text = run(*arguments, env=environment(LANG="C")).stdout
        self.assertTrue(text.isascii())
        self.assertIn(".. waiting  ## processing", text)

    def test_ends_with_a_summary(self):
        text = run("run", "sequential/one_by_one", *QUICK).stdout
        self.assertRegex(text, r"(?m)^items +4 items completed and verified$")
        self.assertRegex(
            text,
            r"(?m)^ideal +4\.00 ms \(\d+ % reached\), bound by waiting$",
        )
        self.assertRegex(text, r"(?m)^order +1 2 3 4$")
        self.assertRegex(text, r"(?m)^overtakes +0$")

    def test_json_has_the_stamps_of_every_item(self):
        ended = run("run", "threads/queue", *QUICK, "--json")
        report = json.loads(ended.stdout)
        self.assertEqual(report["schema"], "interleave/run/v1")
        items = report["runs"][0]["items"]
        self.assertEqual([item["item"] for item in items], [1, 2, 3, 4])
        for item in items:
            stamps = [
                item[f"{name}_ns"]
                for name in "queued started downloaded processing "
                "finished".split()
            ]
            self.assertEqual(stamps, sorted(stamps))

    def test_measures_as_many_runs_as_asked_for(self):
        arguments = ["run", "async/queue", *QUICK[:-1], "3", "--json"]
        self.assertEqual(len(json.loads(run(*arguments).stdout)["runs"]), 3)


def long_run(*arguments, stderr=subprocess.PIPE):
    """A program that would take twenty seconds, and has begun."""
    return subprocess.Popen(
        [PROGRAM, *arguments, *"--latency 50ms --items 400".split()],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env=environment(),
    )


class Interrupt(unittest.TestCase):
    LONG = "compare --workload sleep --cells sequential/*".split()

    def interrupted(self, signal_number, *arguments):
        with long_run(*self.LONG, *arguments) as process:
            time.sleep(1)
            process.send_signal(signal_number)
            stdout, stderr = process.communicate(timeout=60)
        return process.returncode, stdout, stderr

    def test_ctrl_c_ends_with_what_there_is(self):
        status, stdout, stderr = self.interrupted(signal.SIGINT)
        self.assertEqual(status, 130, stderr)
        self.assertRegex(
            stdout, r"interrupted: \d+ of 400 counted items, after 0 of 5 runs"
        )
        self.assertNotIn("median of 5", stdout)

    def test_sigterm_ends_with_what_there_is(self):
        status, stdout, stderr = self.interrupted(signal.SIGTERM, "--json")
        self.assertEqual(status, 143, stderr)
        report = json.loads(stdout)
        self.assertTrue(report["interrupted"])
        (cell,) = report["cells"]
        (made,) = cell["runs"]
        self.assertEqual(made["cut_short"], "interrupt")
        self.assertFalse(made["killed"])
        self.assertEqual(made["completed"] + made["skipped"], 400)
        self.assertGreater(made["skipped"], 0)

    def test_twice_ends_at_once_and_clears_the_line(self):
        try:
            primary, secondary = os.openpty()
        except OSError as error:
            self.skipTest(f"no terminal to be had: {error}")
        slow = ["run", "sequential/one_by_one", "--latency", "30s"]
        with subprocess.Popen(
            [PROGRAM, *slow], stdout=subprocess.PIPE, stderr=secondary,
            env=environment(),
        ) as process:
            drawn = os.read(primary, 4096)  # it has begun
            # Two that come while the program is held up are one to it.
            for _ in range(600):
                process.send_signal(signal.SIGINT)
                time.sleep(0.1)
                if process.poll() is not None:
                    break
            process.communicate(timeout=60)
        os.close(secondary)
        try:
            while part := os.read(primary, 4096):
                drawn += part
        except OSError:
            pass
        os.close(primary)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertTrue(drawn.endswith(b"\r\x1b[K"), drawn)


class Deadline(unittest.TestCase):
    def test_a_late_run_is_stopped_and_what_it_did_is_reported(self):
        ended = run(
            *"compare --workload sleep --cells sequential/*,async/queue".split(),
            *"--latency 50ms --items 100 --runs 1 --deadline 1s".split(),
            env=environment(COLUMNS="200"),
        )
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertRegex(
            ended.stdout,
            r"sequential +\d+ of 100 items completed, \d+ skipped; "
            r"stopped at its deadline of 1.00 s",
        )
        self.assertIn("Nothing is ranked: sequential/", ended.stdout)

    def test_the_others_are_measured_all_the_same(self):
        ended = run(
            *"compare --workload sleep --cells sequential/*,async/gather".split(),
            *"--latency 200ms --items 40 --runs 1 --deadline 2s".split(),
            "--json",
        )
        late, quick = json.loads(ended.stdout)["cells"]
        self.assertEqual(late["runs"][0]["cut_short"], "deadline")
        self.assertFalse(late["verified"])
        self.assertTrue(quick["verified"])
        self.assertIsNone(quick["runs"][0]["cut_short"])


class Faults(unittest.TestCase):
    def test_tells_what_a_failed_item_cost(self):
        ended = run("faults", "--cells", "threads/queue,processes/queue",
                    "--faults", "killed", env=environment(COLUMNS="100"))
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertIn("4 runs: every promise of docs/failure.md is kept\n",
                      ended.stdout)
        self.assertRegex(ended.stdout, r"threads/queue +the run is lost: its "
                         r"process was ended by SIGKILL")
        self.assertRegex(ended.stdout,
                         r"processes/queue +lost +yes +11 +0 +0 +6 +\S+ +nothing")

    def test_ctrl_c_ends_with_what_there_is(self):
        with subprocess.Popen(
            [PROGRAM, *"faults --faults stall --cells */gather".split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        ) as process:
            time.sleep(1)  # it takes four
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, stdout + stderr)
        self.assertIn("every promise of docs/failure.md is kept", stdout)

    def test_json_has_a_finding_for_every_run(self):
        ended = run(*"faults --cells async/queue --faults throws".split(),
                    "--json")
        report = json.loads(ended.stdout)
        self.assertEqual(report["schema"], "interleave/faults/v1")
        self.assertEqual(report["broken"], 0)
        collect, stop = report["findings"]
        self.assertEqual(collect["error"]["kind"], "thrown")
        self.assertEqual(collect["others"]["completed"], 11)
        self.assertEqual(stop["others"]["skipped"], 6)
        self.assertEqual(stop["requests_after"], 0)


class Manual(unittest.TestCase):
    """The parser's own words, as a man page and as completions."""

    def verbs(self):
        return re.findall(r"(?m)^  (\w+) +\S", run("--help").stdout)

    def options(self, verb):
        return set(re.findall(r"(?m)^  (--[\w-]+)", run(verb, "--help").stdout))

    def test_every_format_names_every_verb_and_option(self):
        for form in ("man", "bash", "zsh", "fish"):
            text = run("manual", form).stdout.replace("\\-", "-")
            for verb in self.verbs():
                self.assertRegex(text, rf"\b{verb}\b", form)
                for option in self.options(verb) - {"--help"}:
                    shown = option[2:] if form == "fish" else option
                    self.assertIn(shown, text, form)

    def test_is_read_by_the_shells_and_by_man_without_a_complaint(self):
        readers = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"],
                   "fish": ["fish", "-n"], "man": ["groff", "-man", "-ww", "-z"]}
        read = 0
        for form, command in readers.items():
            if shutil.which(command[0]) is None:
                continue
            read += 1
            with tempfile.NamedTemporaryFile("w", suffix=f".{form}") as file:
                file.write(run("manual", form).stdout)
                file.flush()
                ended = subprocess.run([*command, file.name], text=True,
                                       capture_output=True, timeout=30,
                                       check=False)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""), form)
        self.assertGreater(read, 0)

    def complete(self, *words):
        script = ('source <("$0" manual bash)\nCOMP_WORDS=("$@")\n'
                  "COMP_CWORD=$(($# - 1))\n_interleave\n"
                  'printf "%s\\n" "${COMPREPLY[@]}"\n')
        ended = subprocess.run(["bash", "-c", script, PROGRAM, *words],
                               text=True, capture_output=True, timeout=30,
                               cwd=os.environ["INTERLEAVE_SOURCE"], check=True)
        return ended.stdout.split()

    def test_bash_completes_verbs_options_cells_and_files(self):
        for words, expected in (
                (("interleave", "sw"), ["sweep"]),
                (("interleave", "--it"), ["--items"]),
                (("interleave", "run", "async/sem"), ["async/semaphore"]),
                (("interleave", "run", "async/queue", "--time"),
                 ["--timeout", "--timeline"]),
                (("interleave", "compare", "--workload", "mi"), ["mixed"]),
                (("interleave", "compare", "--urls", "READ"), ["README.md"]),
                (("interleave", "compare", "--json", "=", "READ"),
                 ["README.md"]),
                (("interleave", "diff", "READ"), ["README.md"])):
            self.assertEqual(set(self.complete(*words)), set(expected), words)

    def test_another_format_is_refused(self):
        for arguments in ((), ("csh",)):
            ended = run("manual", *arguments)
            self.assertEqual(ended.returncode, 2)
            self.assertIn("write man, bash, zsh or fish", ended.stderr)


def has_every_model():
    return "onetbb/queue" in run("list", "--json").stdout


class Docs(unittest.TestCase):
    def setUp(self):
        if not has_every_model():
            self.skipTest("a build without oneTBB makes no site")
        folder = tempfile.TemporaryDirectory(prefix="command_test.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_writes_what_has_changed_and_nothing_else(self):
        site = self.folder / "new/site"
        first = run("docs", str(site))
        self.assertEqual(first.returncode, 0, first.stderr)
        count = sum(path.is_file() for path in site.rglob("*"))
        self.assertEqual(first.stdout,
                         f"{site}: {count} files, {count} written\n")
        (site / "index.html").write_text("old")
        stamp = (site / "style.css").stat().st_mtime_ns
        self.assertIn(", 1 written", run("docs", str(site)).stdout)
        self.assertEqual((site / "style.css").stat().st_mtime_ns, stamp)
        self.assertIn("<!doctype html>", (site / "index.html").read_text())

    def test_names_what_belongs_to_no_page_and_leaves_it(self):
        run("docs", str(self.folder))
        left = self.folder / "patterns/crew.html"
        left.write_text("mine")
        ended = run("docs", str(self.folder))
        self.assertIn("patterns/crew.html", ended.stderr)
        self.assertEqual(left.read_text(), "mine")

    def test_records_only_in_the_root_of_the_project(self):
        ended = run("docs", "--record", cwd=self.folder)
        self.assertEqual(ended.returncode, 2)
        self.assertIn("run this in the root of the project", ended.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_folder_that_cannot_be_made_is_told(self):
        (self.folder / "file").write_text("")
        ended = run("docs", str(self.folder / "file/site"))
        self.assertEqual(ended.returncode, 5)
        self.assertIn("could not", ended.stderr)


class Serve(unittest.TestCase):
    def start(self, *arguments):
        process = subprocess.Popen(
            [PROGRAM, "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        ready, _, _ = select.select([process.stdout], [], [], 30)
        self.assertTrue(ready, "nothing was announced")
        return process, process.stdout.readline().strip()

    def test_answers_and_ends_on_sigterm(self):
        process, address = self.start()
        self.assertRegex(address, r"\Ahttp://127\.0\.0\.1:\d+\Z")
        url = f"{address}/items/1?bytes=100"
        with urllib.request.urlopen(url, timeout=30) as reply:
            self.assertEqual(len(reply.read()), 100)
        process.terminate()
        self.assertEqual(process.wait(timeout=30), 0)

    def test_ends_on_ctrl_c(self):
        process, _ = self.start()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=30), 0)

    def test_a_port_in_use_is_told(self):
        _, address = self.start()
        port = address.rsplit(":", 1)[1]
        ended = run("serve", "--port", port)
        self.assertEqual(ended.returncode, 3)
        self.assertIn(f"port {port} on 127.0.0.1 is in use", ended.stderr)


if __name__ == "__main__":
    unittest.main()
