"""Outputs of compare and run: tables, JSON, CSV, traces, files, and failures to
write them."""

import csv
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from program import CELLS, PROGRAM, QUICK, environment, run


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
        self.assertIn("| sequential/one_by_one |", text)

    def test_wide_adds_percentiles_and_lags(self):
        text = run("compare", *QUICK, *CELLS, "--wide").stdout
        self.assertRegex(text, r"(?m)^model( +(p50|p99|max) ms)+$")
        self.assertRegex(text, r"(?m)^  sequential( +[\d.]+)+( +-){3}$")
        # How many columns the last table has depends on the others' widths.
        self.assertRegex(text, r"(?m)^  async( +[\d.]+){3,}$")
        for width in "40", "60", "200":
            text = run("compare", *QUICK, *CELLS, "--wide",
                       env=environment(COLUMNS=width)).stdout
            self.assertLessEqual(max(map(len, text.splitlines())), int(width))
            for column in "speedup", "overtakes", "verified", "lag":
                self.assertIn(column, text)
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
            r"(?m)^ideal +4\.00 ms \(\d+% reached\), bound by waiting$",
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


if __name__ == "__main__":
    unittest.main()
