"""The other verbs, and runs that are cut short."""

import csv
import io
import json
import os
import pathlib
import select
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

from program import CELLS, PROGRAM, QUICK, environment, limited, run


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

    def twice(self):
        """A run that is asked to end until it has: its status, what it drew."""
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
        return process.returncode, drawn

    def test_twice_ends_at_once_and_clears_the_line(self):
        # Asked before its first item has begun, a run has nothing to wait for
        # and may be over before it is asked again.
        for _ in range(10):
            status, drawn = self.twice()
            if status != 130:
                break
        self.assertEqual(status, -signal.SIGINT)
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
