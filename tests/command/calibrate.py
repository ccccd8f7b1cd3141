#!/usr/bin/env python3
"""How often `diff` reports a change where nothing changed.

    calibrate.py [COMPARISONS [OPTIONS of compare...]]

Measures one more comparison than COMPARISONS (100), one after the other, and
holds each against the one before it. Any change it is told of is chance or the
machine's; one in a hundred is allowed, more end with status 1. That measures,
so nothing else may run meanwhile. INTERLEAVE is the path of the binary.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("INTERLEAVE", ROOT / "build/release/interleave")


def compare(file, options):
    subprocess.run([PROGRAM, "compare", *options, "--save", file],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=True)


def changes(base, new):
    ended = subprocess.run([PROGRAM, "diff", base, new, "--json"],
                           stdout=subprocess.PIPE, check=False)
    if ended.returncode not in (0, 1, 4):
        sys.exit(f"diff ended with status {ended.returncode}")
    cells = json.loads(ended.stdout)["cells"]
    if ended.returncode == 1:  # such as a machine that was busy
        return None
    return [f"{cell['cell']} {cell['verdict']}, {cell['ratio']:.3f} x "
            f"({cell['ratio_low']:.3f} to {cell['ratio_high']:.3f})"
            for cell in cells
            if cell["verdict"] in ("faster", "slower")]


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    wrong = refused = 0
    with tempfile.TemporaryDirectory(prefix="calibrate.") as folder:
        base, new = os.path.join(folder, "base"), os.path.join(folder, "new")
        compare(base, sys.argv[2:])
        for i in range(1, times + 1):
            compare(new, sys.argv[2:])
            found = changes(base, new)
            wrong += bool(found)
            refused += found is None
            for change in found or []:
                print(f"comparison {i}: {change}", flush=True)
            os.replace(new, base)
    print(f"{wrong} of {times - refused} comparisons report a change")
    if refused:
        print(f"{refused} could not be compared: was the machine busy?")
    return wrong > max(1, times // 100)


if __name__ == "__main__":
    sys.exit(main())
