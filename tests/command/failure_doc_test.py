"""docs/failure.md shows what was measured: its table is that of
`interleave faults`, made anew, with one line for each pattern.

    failure_doc_test.py --write    puts it there

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
    os.environ.get("INTERLEAVE_SOURCE", pathlib.Path(__file__).parents[2])
)
PAGE = SOURCE / "docs" / "failure.md"
OPENS, CLOSES = "<!-- measured -->\n", "<!-- /measured -->\n"
OTHERS = 11  # of 12 items one fails
OUTCOMES = {"throws": "thrown", "killed": "lost", "stall": "timeout"}


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


def cells(text):
    """The fields of each cell, by fault."""
    pieces = re.split(r"^`([a-z-]+)`: ", text.strip(), flags=re.MULTILINE)
    return {
        fault: [
            [field.strip() for field in line.split("|")[1:-1]]
            for line in table.splitlines()
            if re.match(r"\| \w+/", line)
        ]
        for fault, table in zip(pieces[1::2], pieces[2::2])
    }


def not_started(fault, row):
    """How many items had not started when the one failed; None for a run that
    was lost. Raises AssertionError for what the page does not say of a cell.
    """
    cell, outcome, root, *counts, left = row
    assert outcome == OUTCOMES[fault], row
    assert left == "nothing", row
    if fault == "killed" and not cell.startswith("processes/"):
        assert "the run is lost" in counts, row
        return None
    assert root == "yes", row
    done, skipped, after, done_stop, skipped_stop, after_stop = map(int, counts)
    assert (done, skipped) == (OTHERS, 0), row
    assert (done_stop, after_stop) == (OTHERS - after, 0), row
    assert skipped_stop == after, row
    return after


def table(by_fault):
    """One line for each pattern, which must be true of it in every model."""
    seen = {}
    for fault, of_cells in by_fault.items():
        for row in of_cells:
            pattern = row[0].split("/")[1]
            found = seen.setdefault(pattern, {}).setdefault(fault, set())
            number = not_started(fault, row)
            if number is not None:
                found.add(number)
    text = "| pattern | " + " | ".join(f"`{fault}`" for fault in by_fault)
    text += " |\n|---" + "|--:" * len(by_fault) + "|\n"
    for pattern, by_fault_of_it in seen.items():
        numbers = [sorted(found) for found in by_fault_of_it.values()]
        fields = (" or ".join(map(str, each)) or "-" for each in numbers)
        text += f"| `{pattern}` | " + " | ".join(fields) + " |\n"
    return text


def last_column(text):
    return [line.split("|")[-2].strip() for line in text.splitlines()[2:]]


def stalls(rows):
    try:
        return last_column(table({"stall": rows}))
    except AssertionError:
        return None


class Page(unittest.TestCase):
    maxDiff = None

    def test_shows_what_is_measured(self):
        shown = parts(PAGE.read_text())[1]
        made = cells(measured())
        self.assertEqual(list(made), list(OUTCOMES))
        # The others have 300 ms until an item that stalls is given up: too few
        # on a loaded machine, and for a sanitizer that has to fork, at times.
        for _ in range(5):
            if stalls(made["stall"]) == last_column(shown):
                break
            made |= cells(measured("--faults", "stall"))
        self.assertEqual(shown, table(made))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        before, _, after = parts(PAGE.read_text())
        made = table(cells(measured()))
        PAGE.write_text(f"{before}{OPENS}{made}{CLOSES}{after}")
    else:
        unittest.main()
