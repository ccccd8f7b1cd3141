#!/usr/bin/env python3
"""Many runs with random faults, a random cell, limit and policy each.

    chaos.py --runs 1000 --seed 1 -j 4

One item in ten is served a faulty reply, as its seed decides. Of every run
this asks: does it end, with a status that is its own and nothing left behind;
has every item exactly one outcome; and is that outcome the one which the same
item had in every other cell? The same seed makes the same runs.

INTERLEAVE in the environment is the path of the binary.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import pathlib
import random
import shlex
import signal
import subprocess
import sys
import time

PROGRAM = os.path.abspath(
    os.environ.get("INTERLEAVE", "build/release/interleave")
)
HANG = 120  # seconds; a run takes some of them when the machine is loaded
# Of one transfer; under a sanitizer 2 s is what one may take as it is.
TIMEOUT = "10s" if any(name in PROGRAM for name in ("asan", "tsan")) else "2s"
SHARED = 4  # runs, in a row, that do the same work in another way
OUTCOMES = {"completed", "failed", "skipped"}


def listed():
    ended = subprocess.run(
        [PROGRAM, "list", "--json"], stdout=subprocess.PIPE, check=True
    )
    return json.loads(ended.stdout)


def plan(runs, seed):
    """The command of each run, and which work it does."""
    known = listed()
    cells = [cell["cell"] for cell in known["cells"]]
    kinds = [fault["fault"] for fault in known["faults"]]
    draw = random.Random(seed)
    for number in range(runs):
        if number % SHARED == 0:
            work = [
                "--items",
                str(draw.randint(1, 40)),
                "--seed",
                str(draw.randrange(2**32)),
                "--latency",
                draw.choice(["0ms", "2ms", "1ms..10ms", "tail:2ms"]),
                "--size",
                draw.choice(["2", "1000", "200KiB"]),
            ]
            # Now and then those too that last until the time limit.
            if draw.random() < 0.25:
                work += ["--faults", ",".join(kinds)]
        how = [
            "--limit",
            str(draw.randint(1, 12)),
            "--batch-size",
            str(draw.randint(1, 12)),
            "--queue-capacity",
            str(draw.randint(1, 12)),
            "--on-error",
            draw.choice(["collect", "stop"]),
        ]
        bounds = f"--fault-rate 10% --timeout {TIMEOUT} --max-body 1MiB --json"
        yield number // SHARED, [
            PROGRAM, "run", draw.choice(cells), *work, *how, *bounds.split()
        ]


def left_of(session):
    """Living processes of a session that is over."""
    left = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            text = pathlib.Path(f"/proc/{entry}/stat").read_text()
        except OSError:
            continue
        state, _, _, of = text.rsplit(")", 1)[1].split()[:4]
        if int(of) == session and state not in "ZX":
            left.append(int(entry))
    return left


def run(command):
    """Its status and output; status None when it had to be killed."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=HANG)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        status = None
    deadline = time.monotonic() + 5
    while (left := left_of(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.01)
    for orphan in left:
        os.kill(orphan, signal.SIGKILL)
    return status, stdout, stderr.decode(errors="replace"), left


def judge(command, ended):
    """What is wrong with a run by itself, and the outcomes of its items."""
    status, stdout, stderr, left = ended
    if status is None:
        return [f"hung for {HANG} s"], []
    if status < 0:
        return [f"ended by signal {-status}"], []
    wrong = [f"orphans: {left}"] if left else []
    try:
        report = json.loads(stdout)
        items = report["runs"][0]["items"]
    except (ValueError, KeyError, IndexError):
        return [*wrong, f"status {status}, no report: {stderr}"], []
    asked = int(command[command.index("--items") + 1])
    if [item["item"] for item in items] != list(range(1, asked + 1)):
        wrong.append(f"{len(items)} outcomes for {asked} items")
    outcomes = [outcome_of(item) for item in items]
    kinds = {status for status, _ in outcomes}
    if kinds - OUTCOMES:
        wrong.append(f"items became {kinds - OUTCOMES}")
    if "skipped" in kinds and ("collect" in command or "failed" not in kinds):
        wrong.append("items were skipped without a reason")
    if status != (0 if kinds == {"completed"} else 1):
        wrong.append(f"status {status}: {stderr}")
    return wrong, outcomes


def outcome_of(item):
    return item["status"], (item.get("error") or {}).get("kind")


class Memory:
    """What became of each item of a work, in whichever run was first."""

    def __init__(self):
        self.known = {}

    def differences(self, work, outcomes):
        for number, outcome in enumerate(outcomes, 1):
            if outcome[0] == "skipped":
                continue
            first = self.known.setdefault((work, number), outcome)
            if first != outcome:
                yield f"item {number} is {outcome}, in another cell {first}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "-j", type=int, default=2 * (os.cpu_count() or 1), metavar="N"
    )
    arguments = parser.parse_args()
    plans = plan(arguments.runs, arguments.seed)
    memory, failures, done, items = Memory(), 0, 0, 0
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(arguments.j) as pool:
        # In chunks, so that no thousand reports wait in memory.
        while chunk := list(itertools.islice(plans, 8 * arguments.j)):
            ended = pool.map(run, [command for _, command in chunk])
            for (work, command), end in zip(chunk, ended):
                wrong, outcomes = judge(command, end)
                wrong += memory.differences(work, outcomes)
                done += 1
                items += len(outcomes)
                failures += bool(wrong)
                for sentence in wrong:
                    print(f"{shlex.join(command)}: {sentence}")
    print(
        f"{done} runs, {items} items, {failures} runs with something wrong, "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if failures or done < arguments.runs else 0


if __name__ == "__main__":
    sys.exit(main())
