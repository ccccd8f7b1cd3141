"""`interleave reproduce` as its users meet it.

INTERLEAVE in the environment is the path of the binary.
"""

import json
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import unittest

from program import PROGRAM, environment

QUICK = ["--time-scale", "0.02", "--runs", "1"]


def reproduce(*arguments, timeout=170):
    return subprocess.run(
        [PROGRAM, "reproduce", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment(),
        timeout=timeout,
    )


class TheList(unittest.TestCase):
    def test_names_every_experiment_with_a_sentence(self):
        known = json.loads(reproduce("--list", "--json").stdout)
        self.assertEqual(known["schema"], "interleave/experiments/v1")
        text = reproduce("--list").stdout
        for experiment in known["experiments"]:
            self.assertIn(experiment["id"], text)
            self.assertTrue(experiment["claim"].endswith("."))
            self.assertTrue(experiment["source"])


class Mistakes(unittest.TestCase):
    def expect(self, arguments, words):
        done = reproduce(*arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr, f"interleave: {words}\n")
        self.assertEqual(done.stdout, "")

    def test_an_unknown_id_names_the_nearest(self):
        self.expect(
            ["coutn"], "no experiment is called 'coutn': did you mean 'count'?"
        )

    def test_a_time_scale_must_be_a_sensible_number(self):
        for text in ("0", "-1", "nan", "1e9", "x", "1x"):
            self.expect(
                ["count", "--time-scale", text],
                f"--time-scale: '{text}' is not a number from 0.001 to 100",
            )

    def test_an_option_that_nobody_heeds_is_refused(self):
        done = reproduce("count", "--limit", "3")
        self.assertEqual(done.returncode, 2)
        self.assertIn(
            "--limit: none of these experiments takes it, but ", done.stderr
        )

    def test_what_never_ends_must_stand_alone(self):
        done = reproduce("--until-stopped")
        self.assertEqual(done.returncode, 2)
        self.assertIn("nothing would come after it", done.stderr)

    def test_two_reports_cannot_share_stdout(self):
        self.expect(
            ["count", "--json", "--markdown"],
            "only one of --json and --markdown can have stdout: write the "
            "others to files, as in --markdown=FILE",
        )


class Reports(unittest.TestCase):
    def test_text_tells_table_order_and_verdict(self):
        done = reproduce("count", *QUICK)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("One One One Two Two Two", done.stdout)
        self.assertIn("verdict: reproduced", done.stdout)
        self.assertIn("count (1 of 1)", done.stderr)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 80)

    def test_a_timeline_shows_every_version(self):
        done = reproduce("count", "--timeline", *QUICK)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"async/gather, together: .* 3 items in "
                                      r"3 slots on one lane\n")
        self.assertIn("sequential/one_by_one, in turn: ", done.stdout)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 80)

    def test_json_has_units_in_its_names(self):
        report = json.loads(reproduce("count", "sleepy", "--json", *QUICK).stdout)
        self.assertEqual(report["schema"], "interleave/reproduce/v1")
        self.assertEqual(report["time_scale"], 0.02)
        self.assertEqual(
            [found["id"] for found in report["experiments"]],
            ["count", "sleepy"],
        )
        row = report["experiments"][0]["rows"][0]
        self.assertEqual(row["cell"], "sequential/one_by_one")
        self.assertEqual(row["ideal_ns"], 60_000_000)
        self.assertEqual(row["published_ns"], 60_200_000)
        self.assertGreaterEqual(row["measured_ns"], row["ideal_ns"])
        self.assertIs(row["verified"], True)

    def test_markdown_goes_whole_into_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "page.md")
            page.write_text("before\n")
            done = reproduce("count", f"--markdown={page}", *QUICK)
            self.assertEqual(done.returncode, 0, done.stderr)
            text = page.read_text()
            self.assertNotIn("before", text)
            self.assertIn("### count", text)
            self.assertIn("verdict: reproduced", done.stdout)

    def test_markdown_goes_to_a_pipe_that_nobody_writes_to(self):
        done = reproduce("count", "--markdown=/dev/stdout", *QUICK, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("### count", done.stdout)


class Interrupted(unittest.TestCase):
    def test_a_second_signal_leaves_no_file_behind(self):
        with tempfile.TemporaryDirectory() as folder:
            running = subprocess.Popen(
                [PROGRAM, "reproduce", "scans-queue", "--time-scale", "90",
                 "--runs", "1"],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                text=True, env=environment(TMPDIR=folder))
            deadline = time.monotonic() + 60
            while not any(pathlib.Path(folder).rglob("scan-4.*")):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
            # Two of one kind may be one to a program that is held up.
            running.send_signal(signal.SIGINT)
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=30)
            self.assertIn(running.returncode,
                          (-signal.SIGINT, -signal.SIGTERM))
            self.assertEqual(os.listdir(folder), [])

    def test_ctrl_c_ends_it_in_order(self):
        running = subprocess.Popen(
            [PROGRAM, "reproduce", "sleepy", "--time-scale", "20", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        running.stderr.readline()  # it has begun
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=30)
        self.assertEqual(running.returncode, 130)
        self.assertIs(json.loads(out)["interrupted"], True)


    def test_books_are_looked_up_until_ctrl_c(self):
        running = subprocess.Popen(
            [PROGRAM, "reproduce", "books", "--until-stopped"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        running.stderr.readline()
        time.sleep(1)
        self.assertIsNone(running.poll())
        running.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, _ = running.communicate(timeout=30)
        self.assertLess(time.monotonic() - began, 10)  # the bound is a second
        self.assertEqual(running.returncode, 130)
        self.assertRegex(out, r"async/producers: \d+ look-ups in")
        self.assertIn("verdict: reproduced", out)


class OwnScans(unittest.TestCase):
    def test_a_file_that_is_not_there_is_named(self):
        done = reproduce("scans-matrix", "--files", "/nowhere/a.nii")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nowhere/a.nii: cannot be read", done.stderr)

    def test_a_file_that_is_no_scan_breaks_the_promise(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "a.nii")
            page.write_text("no scan")
            done = reproduce("scans-queue", "--files", str(page), *QUICK)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("verdict: not reproduced", done.stdout)

    def test_a_refusal_names_the_file_once_for_all_cells(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a.nii", "b\x1b.nii"):
                pathlib.Path(folder, name).write_text("no scan")
            done = reproduce("scans-matrix", "--files", f"{folder}/a.nii",
                             f"{folder}/b\x1b.nii", "--json", *QUICK)
            self.assertEqual(done.returncode, 1, done.stderr)
            found = json.loads(done.stdout)["experiments"][0]
            for row in found["rows"]:
                self.assertIn(f"2 of 2 wrong; {folder}/a.nii: scan: ",
                              json.dumps(row))
            text = json.dumps(found["promises"])
            self.assertEqual(text.count("a.nii: scan: sizeof_hdr is "), 1)
            self.assertNotIn("item 1", text)
            self.assertIn("no cell made one", text)
            self.assertNotIn("another one in", text)

    def test_scans_that_do_not_fit_together_are_named(self):
        def scan(columns):  # two rows of zeros
            header = bytearray(352)
            struct.pack_into("<i", header, 0, 348)
            struct.pack_into("<8h", header, 40, 2, 2, columns, 1, 1, 1, 1, 1)
            struct.pack_into("<hh", header, 70, 2, 8)
            struct.pack_into("<f", header, 108, 352)
            header[344:348] = b"n+1\0"
            return bytes(header) + bytes(2 * columns)
        with tempfile.TemporaryDirectory() as folder:
            for i, columns in enumerate((3, 3, 4)):
                pathlib.Path(folder, f"{i}.nii").write_bytes(scan(columns))
            names = [f"{folder}/{i}.nii" for i in range(3)]
            done = reproduce("scans-matrix", "--files", *names, *QUICK)
            self.assertEqual(done.returncode, 2)
            self.assertTrue(done.stderr.endswith(
                f"interleave: {names[2]}: has 4 columns, and {names[0]} has 3: "
                "name scans of one shape\n"), done.stderr)

    def test_ours_leave_nothing_behind(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [PROGRAM, "reproduce", "scans-queue", *QUICK],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(TMPDIR=folder),
                timeout=120,
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
