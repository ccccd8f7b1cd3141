"""What becomes of a run when something outside kills a part of it: a worker,
the origin, the program itself, or a user who has had enough.

INTERLEAVE in the environment is the path of the binary.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

from program import PROGRAM

# How long to wait for what must come at once: a loaded machine is slow.
PATIENCE = 30
# How long items that have started may go on after Ctrl-C, in seconds.
GRACE = 2
# Sanitizers make everything slow, and take memory of their own.
SLOW = any(name in PROGRAM for name in ("asan", "tsan"))

# A user whom no system knows, and who has no task.
NOBODY = 54321
# As many as the program has: its pipelines process on all of them.
CORES = len(os.sched_getaffinity(0))


def every_cell():
    listed = subprocess.run(
        [PROGRAM, "list", "--json"], stdout=subprocess.PIPE, check=True
    )
    return [cell["cell"] for cell in json.loads(listed.stdout)["cells"]]


CELLS = every_cell()


class Process:
    """One of /proc, which may end at any moment."""

    def __init__(self, pid):
        self.pid = pid

    def fields(self):
        try:
            text = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return text.rsplit(")", 1)[1].split()

    def lives(self):
        fields = self.fields()
        return fields is not None and fields[0] not in "ZX"

    def is_there(self):
        return self.fields() is not None

    def children(self):
        """Oldest first."""
        return [Process(pid) for pid in tree().get(self.pid, [])]

    def sockets(self):
        found = set()
        folder = f"/proc/{self.pid}/fd"
        try:
            for entry in os.listdir(folder):
                found.add(os.readlink(f"{folder}/{entry}"))
        except OSError:  # it is gone, or the descriptor is
            pass
        return {name for name in found if name.startswith("socket:")}

    def descendants(self):
        below = tree()
        found, parents = [], [self.pid]
        while parents:
            parents = [
                pid for parent in parents for pid in below.get(parent, [])
            ]
            found += parents
        return [Process(pid) for pid in found]


def tree():
    """The living children of every process, oldest first, in one look."""
    living = []
    for entry in os.listdir("/proc"):
        fields = Process(int(entry)).fields() if entry.isdigit() else None
        if fields and fields[0] not in "ZX":
            living.append((int(fields[19]), int(entry), int(fields[1])))
    below = {}
    for _, pid, parent in sorted(living):
        below.setdefault(parent, []).append(pid)
    return below


def wait_for(condition, what, patience=PATIENCE):
    """The first true value of `condition`."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.0005)
    raise AssertionError(f"{what}: not within {patience} s")


def start(*arguments, **more):
    return subprocess.Popen(
        [PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        **more,
    )


def start_cell(cell, *arguments):
    """A run of one cell that takes a while, with some of it in flight; the
    origin and the process that is measured."""
    program = start("run", cell, *arguments)
    top = Process(program.pid)

    def both():
        children = top.children()
        return children if len(children) == 2 else None

    origin, measured = wait_for(both, f"{cell}: origin and run")

    def holders():
        """Workers, or sockets: what an item in flight takes."""
        if cell.startswith("processes/"):
            return {child.pid for child in measured.children()}
        return measured.sockets()

    def in_flight():
        before = holders()
        # What warms up comes and goes; what waits for its reply stays.
        time.sleep(0.7 if SLOW else 0.3)
        after = holders()
        least = 4 if cell.startswith("processes/") else 1
        return len(after) >= least and after <= before

    wait_for(in_flight, f"{cell}: items in flight")
    return program, origin, measured


def end(program, patience=PATIENCE):
    try:
        stdout, stderr = program.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        program.kill()
        stdout, stderr = program.communicate()
        raise AssertionError(f"{program.args} hung:\n{stdout}{stderr}")
    return program.returncode, stdout, stderr


def for_every_cell(do):
    """Several cells at a time, most of which wait; the errors, by cell."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        futures = {cell: pool.submit(do, cell) for cell in CELLS}
    errors = []
    for cell, future in futures.items():
        if future.exception() is not None:
            errors.append(f"{cell}: {future.exception()}")
    return errors


def with_few_tasks():
    """Runs in the child: from now on it may have twelve threads and processes,
    as a user who has no others."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    resource.setrlimit(resource.RLIMIT_NPROC, (12, 12))


@unittest.skipIf(os.getuid() != 0, "only root can become who has no tasks")
@unittest.skipIf("tsan" in PROGRAM, "ThreadSanitizer needs a thread itself")
class FewThreadsAndProcesses(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # What nobody can reach in a build folder, he can start there.
        folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        cls.copy = shutil.copy(PROGRAM, folder)

    def run_cell(self, cell):
        return end(
            start(
                *f"run {cell} --limit 16 --batch-size 16 --json".split(),
                *"--workload sleep --items 40 --latency 20ms".split(),
                executable=self.copy,
                preexec_fn=with_few_tasks,
                cwd="/",
            )
        )

    def test_are_made_do_with_and_said(self):
        for cell in CELLS:
            model, pattern = cell.split("/")
            if model not in ("threads", "processes"):
                continue
            if pattern == "producers":  # the crew leaves none for them
                continue
            with self.subTest(cell):
                status, stdout, stderr = self.run_cell(cell)
                self.assertEqual(status, 0, stderr)
                figures = json.loads(stdout)["cell"]
                self.assertEqual(figures["completed"], 40)
                crew = pattern in ("queue", "pipeline")
                self.assertEqual(figures["workers_refused"] > 0, crew)
                self.assertEqual(figures["tasks_delayed"] > 0, not crew)

    def test_that_do_not_suffice_are_an_error(self):
        for cell, said in {
            "threads/producers": "cannot start a thread",
            "processes/producers": "cannot fork a process",
            "onetbb/queue": "oneTBB needs 16 threads",
        }.items():
            if cell in CELLS:
                with self.subTest(cell):
                    status, _, stderr = self.run_cell(cell)
                    self.assertEqual(status, 3, stderr)
                    self.assertIn(said, stderr)
                    self.assertIn("a smaller limit", stderr)


class AKilledWorker(unittest.TestCase):
    def test_costs_its_item_only_and_is_noticed_at_once(self):
        program, _, measured = start_cell(
            "processes/gather", *"--items 60 --json --latency".split(),
            "20s" if SLOW else "5s",
        )
        noticed = []
        killed = measured.children()[:20]
        for worker in killed:
            os.kill(worker.pid, signal.SIGKILL)
            began = time.monotonic()
            wait_for(lambda: not worker.is_there(), "a dead one to be buried")
            noticed.append(time.monotonic() - began)
        status, stdout, stderr = end(program)

        self.assertEqual(status, 3, stderr)
        items = json.loads(stdout)["runs"][0]["items"]
        lost = [item for item in items if item["status"] == "lost"]
        rest = [item for item in items if item["status"] != "lost"]
        self.assertEqual(len(items), 60)
        self.assertEqual({item["status"] for item in rest}, {"completed"})
        said = sorted(item["error"]["text"] for item in lost)
        self.assertEqual(
            said,
            sorted(
                f"worker process {worker.pid} was ended by SIGKILL"
                for worker in killed
            ),
        )
        median = statistics.median(noticed)
        print(
            f"a killed worker was noticed after {median * 1000:.2f} ms "
            f"(median of {len(noticed)})",
            file=sys.stderr,
        )
        self.assertLess(median, 0.1 if SLOW else 0.05)

    def test_costs_one_item_in_every_pattern_and_gives_no_ranking(self):
        cells = [cell for cell in CELLS if cell.startswith("processes/")]
        for cell in cells:
            with self.subTest(cell):
                program, _, measured = start_cell(
                    cell, *"--items 16 --limit 4 --latency".split(),
                    "6s" if SLOW else "1s",
                )
                # The oldest: a younger one may not hold an item yet. But a
                # pipeline has its processors before its downloaders.
                oldest = CORES if cell == "processes/pipeline" else 0
                os.kill(measured.children()[oldest].pid, signal.SIGKILL)
                status, stdout, stderr = end(program)
                self.assertEqual(status, 3, stderr)
                self.assertIn("1 lost", stdout)
                self.assertRegex(
                    stdout, r"worker\s+process\s+\d+\s+was\s+ended\s+by"
                )

    def test_leaves_a_comparison_without_a_ranking(self):
        program = start(
            *"compare --cells processes/queue,threads/queue --runs 2".split(),
            *"--items 8 --latency 1s --limit 4".split(),
        )
        top = Process(program.pid)
        bereft = set()  # the runs that lost a worker
        while program.poll() is None:
            for run in top.children():
                workers = {worker.pid for worker in run.children()}
                time.sleep(0.3)  # those that warm up are gone by then
                workers &= {worker.pid for worker in run.children()}
                if workers and run.pid not in bereft:
                    os.kill(min(workers), signal.SIGKILL)
                    bereft.add(run.pid)
        status, stdout, stderr = end(program)
        self.assertEqual(status, 3, stderr)
        self.assertIn("1 lost", stdout)
        self.assertNotIn("as fast", stdout)


class TheProgramIsKilled(unittest.TestCase):
    def check(self, cell):
        program, *_ = start_cell(
            cell, *"--items 40 --latency 3s --limit 4".split()
        )
        left = Process(program.pid).descendants()
        assert len(left) >= 2
        program.kill()
        program.communicate()
        wait_for(
            lambda: not any(process.lives() for process in left),
            "the end of every child",
            patience=PATIENCE if SLOW else 5,
        )

    def test_leaves_no_child_in_any_cell(self):
        self.assertEqual(for_every_cell(self.check), [])


class TheOriginIsKilled(unittest.TestCase):
    def check(self, cell):
        program, origin, _ = start_cell(
            cell, *"--items 40 --latency 3s --limit 4".split()
        )
        os.kill(origin.pid, signal.SIGKILL)
        status, stdout, stderr = end(program)
        assert status == 3, (status, stdout, stderr)
        assert re.search(
            r"origin exited \(SIGKILL\) after \d+\.\d s", stderr
        ), stderr

    def test_ends_the_run_with_a_sentence_in_any_cell(self):
        self.assertEqual(for_every_cell(self.check), [])


class TheUserInterrupts(unittest.TestCase):
    # Forty children may take some seconds to fork, and none is to end before.
    LONG = ["--latency", "6s" if SLOW else "1500ms",
            *"--items 40 --limit 4".split()]

    def check(self, cell, number=signal.SIGINT):
        program, *_ = start_cell(cell, *self.LONG)
        left = Process(program.pid).descendants()
        began = time.monotonic()
        program.send_signal(number)
        status, stdout, stderr = end(program)
        took = time.monotonic() - began
        assert status == 128 + number, (status, stdout, stderr)
        assert "nterrupted" in stdout, (stdout, stderr)
        # What was started may end; nothing new is started.
        assert took < (PATIENCE if SLOW else GRACE + 1), f"{took:.1f} s"
        assert not any(process.lives() for process in left)

    def test_every_cell_ends_with_what_there_is(self):
        self.assertEqual(for_every_cell(self.check), [])

    def test_sigterm_says_the_same_with_its_own_status(self):
        self.check("threads/queue", signal.SIGTERM)
        self.check("async/gather", signal.SIGTERM)

    def check_twice(self, cell):
        program, *_ = start_cell(
            cell, *"--items 40 --latency 20s --limit 4".split()
        )
        left = Process(program.pid).descendants()
        began = time.monotonic()
        # Two that come while the program is held up are one to it.
        while program.poll() is None and time.monotonic() < began + PATIENCE:
            program.send_signal(signal.SIGINT)
            time.sleep(0.1)
        status, stdout, stderr = end(program)
        took = time.monotonic() - began
        # A shell shows this as 130.
        assert status == -signal.SIGINT, (status, stdout, stderr)
        assert took < (PATIENCE if SLOW else GRACE), f"{took:.1f} s"
        wait_for(
            lambda: not any(process.lives() for process in left),
            "the end of every child",
        )

    def test_twice_ends_every_cell_at_once(self):
        self.assertEqual(for_every_cell(self.check_twice), [])


class AServerThatSendsTooMuch(unittest.TestCase):
    CAP, ROOM = 4 << 20, 64 << 20

    def serve(self):
        server = start("serve")
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        return server.stdout.readline().strip()

    @unittest.skipIf(SLOW, "sanitizers keep what was freed")
    def test_fills_no_memory_beyond_the_cap(self):
        address = self.serve()
        limited = ",".join(cell for cell in CELLS if "gather" not in cell)
        for kind in ("huge", "bomb"):
            # Nothing limits a gather but the number of its items.
            for cells, items in ((limited, 8), ("*/gather", 4)):
                with self.subTest(kind=kind, cells=cells):
                    self.check(f"{address}/fault/{kind}", cells, items)

    def check(self, url, cells, items):
        with tempfile.NamedTemporaryFile("w") as urls:
            for i in range(items):
                print(f"{url}?bytes=2&id={i}", file=urls, flush=True)
            program = start(
                *f"compare --json --runs 1 --cells {cells}".split(),
                *f"--urls {urls.name} --max-body 4MiB --limit 4".split(),
                *"--batch-size 4 --queue-capacity 4".split(),
            )
            _, stdout, _ = end(program, patience=200)
        for cell in json.loads(stdout)["cells"]:
            self.check_cell(cell, {"too_large"} if "huge" in url else set())

    def check_cell(self, cell, errors):
        # A pipeline holds a body in each downloader, a full queue, and one on
        # each core.
        pipeline = cell["pattern"] == "pipeline"
        held = cell["width"] + (4 + os.cpu_count() if pipeline else 0)
        most = self.CAP * held + self.ROOM
        # The figure counts a page for every process that shares it, and the
        # dead until they are buried.
        if cell["model"] == "processes":
            most += self.ROOM
        self.assertLess(cell["peak_rss_bytes"], most, cell["cell"])
        kinds = {error["kind"] for error in cell["runs"][0]["errors"]}
        self.assertEqual(kinds, errors, cell["cell"])


if __name__ == "__main__":
    unittest.main()
