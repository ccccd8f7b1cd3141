"""Pages in headless Chromium: makes reports, and has Node drive them and the site.

It takes chromium, node and two packages from npm, which are heavy:
`./run browser` installs them. Without them the test is skipped, with the reason.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["INTERLEAVE_SOURCE"])
PROGRAM = os.environ["INTERLEAVE"]
MODULES = SOURCE / "build/tools/page/node_modules"
SKIPPED = 77  # what ctest takes for it

# Times are not what is looked at; the shape of the default compare is.
REPORTS = {
    "compare": ["compare", "--runs", "2"],
    "run": ["run", "threads/pipeline", "--workload", "mixed", "--items", "12",
            "--cpu", "1ms"],
    "failed": ["compare", "--cells", "*/queue", "--runs", "1", "--items", "20",
               "--fault-rate", "20%"],
    "reproduce": ["reproduce", "count", "pages", "nested-loop", "--time-scale",
                  "0.02", "--runs", "2"],
    "sweep": ["sweep", "--cpu", "0us,1ms", "--items", "8", "--latency", "5ms",
              "--runs", "2"],
    "large": ["compare", "--cells", "async/semaphore,threads/queue", "--runs",
              "1", "--workload", "sleep", "--items", "10000", "--latency",
              "1ms", "--limit", "64"],
}


def missing():
    for program in ("chromium", "node"):
        if shutil.which(program) is None:
            return f"no {program}"
    for module in ("playwright-core", "axe-core"):
        if not (MODULES / module).is_dir():
            return f"no {module} in {MODULES.relative_to(SOURCE)}"
    return None


def make_reports(folder):
    for name, arguments in REPORTS.items():
        ended = subprocess.run(
            [PROGRAM, *arguments, "--html", f"{folder}/{name}.html",
             f"--json={folder}/{name}.json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=300, check=False)
        if ended.returncode not in (0, 1):  # 1: items failed, as they should
            sys.exit(f"{name}: status {ended.returncode}: {ended.stderr}")


def main():
    reason = missing()
    if reason is not None:
        print(f"skipped: {reason}; `./run browser` installs it")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="page_test.") as folder:
        make_reports(folder)
        site = f"{folder}/site"
        subprocess.run([PROGRAM, "docs", site], stdout=subprocess.DEVNULL,
                       timeout=300, check=True)
        sys.exit(subprocess.run(
            ["node", "--test", SOURCE / "tests/page/page_test.mjs",
             SOURCE / "tests/page/site_test.mjs"],
            env={**os.environ, "MODULES": str(MODULES), "REPORTS": folder,
                 "SITE": site, "SOURCE": str(SOURCE),
                 "CHROMIUM": shutil.which("chromium")},
            stdin=subprocess.DEVNULL, timeout=700, check=False).returncode)


if __name__ == "__main__":
    main()
