"""docs/failure.md shows what was measured: its tables are those of
`interleave faults`, made anew.

    failure_doc_test.py --write    puts them there

INTERLEAVE in the environment is the path of the binary, INTERLEAVE_SOURCE the
root of the project.
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

PROGRAM = os.path.abspath(
    os.environ.get("INTERLEAVE", "build/release/interleave")
)
SOURCE = pathlib.Path(
    os.environ.get("INTERLEAVE_SOURCE", pathlib.Path(__file__).parents[1])
)
PAGE = SOURCE / "docs" / "failure.md"
OPENS, CLOSES = "<!-- measured -->\n", "<!-- /measured -->\n"


def measured(*arguments):
    ended = subprocess.run(
        [PROGRAM, "faults", "--markdown", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def parts(text):
    before, rest = text.split(OPENS)
    inside, after = rest.split(CLOSES)
    return before, inside, after


def tables(text):
    """The text below each fault's name, by that name."""
    pieces = re.split(r"^`([a-z-]+)`: ", text.strip(), flags=re.MULTILINE)
    return {
        name: table.strip() for name, table in zip(pieces[1::2], pieces[2::2])
    }


class Page(unittest.TestCase):
    maxDiff = None

    def test_shows_what_is_measured(self):
        shown, made = parts(PAGE.read_text())[1].strip(), measured().strip()
        # A build without oneTBB has no rows for it.
        if "| onetbb/" not in made:
            lines = shown.splitlines()
            shown = "\n".join(
                line for line in lines if not line.startswith("| onetbb/")
            )
        shown, made = tables(shown), tables(made)
        # The others have 300 ms until an item that stalls is given up: too few
        # on a loaded machine, and for a sanitizer that has to fork, at times.
        for _ in range(5):
            if made["stall"] == shown["stall"]:
                break
            made |= tables(measured("--faults", "stall"))
        self.assertEqual(shown, made)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        before, _, after = parts(PAGE.read_text())
        PAGE.write_text(f"{before}{OPENS}\n{measured()}\n{CLOSES}{after}")
    else:
        unittest.main()
