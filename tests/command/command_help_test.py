"""What the program says of itself: help, manual, versions, lists, advice and
the site."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from program import PROGRAM, environment, limited, run


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
        folder = tempfile.TemporaryDirectory(prefix="command_help_test.")
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


if __name__ == "__main__":
    unittest.main()
