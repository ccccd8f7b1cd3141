"""The program as its users meet it: driven from outside, through its words,
its exit statuses and its files.

INTERLEAVE in the environment is the path of the binary.
"""

import os
import shlex
import subprocess

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
