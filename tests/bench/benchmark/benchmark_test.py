"""The Google Benchmark binary as its users meet it.

INTERLEAVE in the environment is the path of the program beside it.
"""

import json
import os
import pathlib
import re
import resource
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(
    os.environ.get("INTERLEAVE", "build/release/interleave")
)
BENCH = os.path.join(os.path.dirname(PROGRAM), "interleave-bench")
# As short as can be: each batch of a primitive, each run of a cell, once.
QUICK = "--benchmark_min_time=0.0001"


def bench(*arguments, **more):
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "80"}
    return subprocess.run(
        [BENCH, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        timeout=500,
        **more,
    )


def cells():
    listed = subprocess.run(
        [PROGRAM, "list", "--json"], stdout=subprocess.PIPE, check=True
    )
    return [cell["cell"] for cell in json.loads(listed.stdout)["cells"]]


def measured(pattern, **more):
    """What each benchmark of these reported, by name."""
    done = bench(
        f"--benchmark_filter={pattern}",
        QUICK,
        "--benchmark_format=json",
        **more,
    )
    assert done.returncode == 0, done.stderr
    return {
        run["name"].removesuffix("/manual_time"): run
        for run in json.loads(done.stdout)["benchmarks"]
    }


class Families(unittest.TestCase):
    def test_every_cell_has_one_for_each_workload(self):
        names = bench("--benchmark_list_tests").stdout.split()
        for cell in cells():
            for workload in ("pages", "mixed", "sleep"):
                at = f"cell/{cell}/{workload}/"
                self.assertTrue(any(name.startswith(at) for name in names), at)

    def test_every_cell_keeps_its_limit_and_reaches_no_more_than_the_ideal(
        self,
    ):
        runs = measured("^cell/.*/(pages|sleep)/(limit:4/)?manual_time")
        self.assertEqual(len(runs), 2 * len(cells()))
        for name, run in runs.items():
            self.assertGreater(run["cpu_ns_per_item"], 0, name)
            self.assertGreater(run["of_ideal"], 0, name)
            self.assertLessEqual(run["of_ideal"], 1, name)
            if "limit:4" in name:
                self.assertLessEqual(run["peak_in_flight"], 4, name)
            if "async/gather" in name:
                self.assertGreater(run["peak_in_flight"], 4, name)

    def test_what_computes_is_bound_by_its_cores(self):
        run = measured("^cell/async/queue/mixed/limit:4/")
        self.assertGreater(
            run["cell/async/queue/mixed/limit:4"]["cpu_ns_per_item"], 500_000
        )

    def test_requests_cost_least_without_the_suite(self):
        runs = measured("^requests/(floor/|(curl|beast)/async/queue)")
        cost = {
            name.split("/iterations")[0].removeprefix("requests/"): run[
                "cpu_ns_per_item"
            ]
            for name, run in runs.items()
        }
        self.assertEqual(len(cost), 5)
        self.assertLess(cost["floor/epoll"], cost["floor/curl_loop"])
        self.assertLess(cost["floor/epoll"], cost["beast/async/queue"])
        self.assertLess(cost["floor/curl_loop"], 2 * cost["curl/async/queue"])

    def test_as_many_requests_at_once_as_there_are_descriptors(self):
        def few_descriptors():
            resource.setrlimit(resource.RLIMIT_NOFILE, (500, 500))

        runs = measured("^in_flight/", preexec_fn=few_descriptors)
        names = [
            name.removeprefix("in_flight/").split("/iterations")[0]
            for name in runs
        ]
        self.assertEqual(
            names, ["curl/async/gather", "beast/async/gather", "floor/epoll"]
        )
        for name, run in runs.items():
            self.assertEqual(run["label"], "436: ulimit -Hn is 500", name)
            self.assertGreaterEqual(run["real_time"], 1000, name)  # ms
            self.assertGreater(run["cpu_ns_per_item"], 0, name)
            self.assertGreater(
                run["peak_rss_bytes"], 436 * run["bytes_per_item"], name
            )
            if "floor" not in name:
                self.assertEqual(run["peak_in_flight"], 436, name)
                self.assertGreater(run["bytes_per_item"], 0, name)

    def test_primitives_cost_what_cannot_be_nothing(self):
        runs = measured("^cost/")
        for name, run in runs.items():
            for counter in ("wall_ns_each", "cpu_ns_each", "bytes_each"):
                wanted = ("bytes" in counter) == ("memory/" in name)
                self.assertEqual(counter in run, wanted, name)
                self.assertGreater(run.get(counter, 1), 0, name)
        process, thread, coroutine = (
            runs[f"cost/start/{one}"]["cpu_ns_each"]
            for one in ("process", "thread", "coroutine")
        )
        self.assertGreater(process, thread)
        self.assertGreater(thread, coroutine)


class TheTable(unittest.TestCase):
    def test_names_every_primitive_and_every_cell(self):
        done = bench("--costs", QUICK)
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 80)
        for cell in cells():
            row = re.search(
                rf"^{re.escape(cell)} .* ([\d.]+)%$", done.stdout, re.MULTILINE
            )
            self.assertIsNotNone(row, cell)
        for name in ("start/thread", "queue/pipe", "memory/coroutine"):
            self.assertRegex(done.stdout, rf"(?m)^{name} +[\d.]+ \w+")


class Statuses(unittest.TestCase):
    def expect(self, status, words, *arguments, **more):
        done = bench(*arguments, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr)

    def test_a_filter_that_matches_nothing(self):
        self.expect(2, "no benchmark matches", "--benchmark_filter=nothing")

    def test_an_unknown_option(self):
        self.expect(2, "see interleave-bench --help", "--bogus")

    def test_a_file_that_cannot_be_written(self):
        with tempfile.TemporaryDirectory() as folder:
            self.expect(
                5,
                "cannot write",
                "--benchmark_filter=^cost/stamp",
                f"--benchmark_out={folder}/missing/result.json",
            )

    def test_a_file_that_can(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "result.json")
            done = bench(
                "--benchmark_filter=^cost/stamp",
                QUICK,
                f"--benchmark_out={file}",
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(json.loads(file.read_text())["benchmarks"]), 1)

    def test_a_benchmark_that_fails(self):
        def few_descriptors():
            resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))

        self.expect(
            3,
            "1 benchmarks failed",
            "--benchmark_filter=^cell/async/gather/pages",
            QUICK,
            preexec_fn=few_descriptors,
        )


if __name__ == "__main__":
    unittest.main()
