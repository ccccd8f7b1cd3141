#!/usr/bin/env python3
"""The house rules, held against the sources.

    shape_test.py [SOURCE]

SOURCE is the root of the project; without it INTERLEAVE_SOURCE says, or it is
the checkout this file lies in. A broken rule is reported as FILE:LINE: what.

A rule is a function from a Tree to its violations. HouseRules holds the
project to them; TheRulesCanFail breaks each one in a small tree of its own and
expects to be told, so that no rule passes because it looks at nothing.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

__unittest = True  # a violation is worth more than the traceback to it

# ---- what the rules are about ----------------------------------------------

if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir():
    os.environ["INTERLEAVE_SOURCE"] = sys.argv.pop(1)
SOURCE = Path(os.environ.get("INTERLEAVE_SOURCE")
              or Path(__file__).resolve().parents[2])

# The tables that the program is built from say what there is.
CATALOG = "bench/grid/catalog.cpp"


def grid_of(catalog):
    """The patterns of each model, by its folder, and the models' names."""
    models = dict(re.findall(
        r'Model\{\s*\.name = "(\w+)",\s*\.folder = "([\w/]+)"', catalog))
    grid = {folder: () for folder in models.values()}
    for model, pattern in re.findall(r'\bcell\("(\w+)/(\w+)"', catalog):
        grid[models[model]] += (pattern,)
    return grid, tuple(models)


GRID, MODEL_NAMES = grid_of((SOURCE / CATALOG).read_text(encoding="utf-8"))
MODELS = tuple(GRID)
PATTERNS = tuple(dict.fromkeys(sum(GRID.values(), ())))
CONCURRENT = GRID["threads"]

# Arrows point one way: tests -> bench -> models -> common.
MAY_INCLUDE = {"common": {"common"}}
MAY_INCLUDE |= {model: {"common", model} for model in MODELS}
MAY_INCLUDE["bench"] = {"common", *MODELS, "bench"}
MAY_INCLUDE["tests"] = {"common", *MODELS, "bench", "tests"}

# The library that makes a model what it is belongs to that model.
LIBRARIES = {
    "Boost": (r"boost/", "async"),
    "oneTBB": (r"(?:tbb|oneapi)/", "threads/onetbb"),
}
# The transport that is not libcurl, and no other file of common.
IS_THE_LIBRARY = re.compile(r"common/beast_client\.[ch]pp$")

# What a child and its parent owe each other is forgotten where each place does
# it by hand: to end with the parent, to look whether that one still lives, to
# leave with _exit whatever happens, to wait on after a signal.
FORKS = "common/child_process"
FORKING = re.compile(r"\bPR_SET_PDEATHSIG\b|\bv?fork\s*\(|\bwaitpid\s*\(")

FILE_LINES = 80
COLUMNS = 80
FUNCTION_LINES = 40
TWO_KINDS_OF_TASK = "pipeline", "producers"
DIFF_LINES = {pattern: 50 if pattern in TWO_KINDS_OF_TASK else 35
              for pattern in CONCURRENT}
SHOWN_BESIDE = ("processes", "async")  # each next to threads

# What the harness owns, and a pattern therefore must not contain.
NOT_IN_A_PATTERN = {
    "prints": r"\b(?:[a-z]*printf|f?puts|f?putc|putchar|cout|cerr|clog)\b"
              r"|\b(?:std|fmt)::print(?:ln)?\b"
              r"|<(?:iostream|ostream|print|cstdio|stdio\.h|fmt/[^>]*)>",
    "reads a clock": r"\bClock\b|\b\w+_clock\b|\bchrono\b|\bgettimeofday\b"
                     r"|\bclock_gettime\b|\btime\s*\(",
    "handles errors": r"\b(?:try|catch|throw)\b",
    "reads flags": r"\b(?:getenv|argv)\b",
    "uses the preprocessor": r"^[ \t]*#(?![ \t]*include\b)",
}

# Whose checkout it was shows nowhere. (/usr, /etc and /tmp are everybody's.)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/[\w.]")

# ---- the sources -----------------------------------------------------------

TOKENS = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      |(?P<raw>R"(?P<mark>[^()\s\\]*)\(.*?\)(?P=mark)")
      |(?P<number>\b\d[\w.']*)
      |(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')""",
    re.VERBOSE | re.DOTALL)


def code_of(text):
    """C++ with blanks for comments and for what literals say; the same lines,
    each character where it was."""

    def blank(match):
        found = match.group()
        if match["number"]:  # matched because of digit separators: 65'536
            return found
        hollow = re.sub(r"[^\n]", " ", found)
        return hollow if match["comment"] else found[0] + hollow[1:-1] + '"'

    return TOKENS.sub(blank, text)


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


class Tree:
    """The files of a checkout, without what is built in it."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.files = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(
                name for name in folders
                if name not in (".git", ".cache", "build", "out",
                                "__pycache__")
                and not Path(folder, name, "CMakeCache.txt").exists())
            here = Path(folder).relative_to(self.root)
            self.files += [(here / name).as_posix() for name in sorted(names)]

    def has(self, path):
        return (self.root / path).is_file()

    def bytes(self, path):
        return (self.root / path).read_bytes()

    def text(self, path):
        return self.bytes(path).decode("utf-8", "replace")

    def lines(self, path):
        return self.text(path).splitlines()

    def code(self, path):
        return code_of(self.text(path))

    def cpp(self, *layers):
        """Headers and sources, all of them or those of some layers."""
        return [path for path in self.files
                if path.endswith((".cpp", ".hpp", ".h", ".cc"))
                and (not layers or layer_of(path) in layers)]

    def patterns(self):
        """The pattern files that are there, as (model, pattern, path)."""
        for model, owed in GRID.items():
            for pattern in owed:
                path = f"{model}/{pattern}.cpp"
                if self.has(path):
                    yield model, pattern, path


def layer_of(path):
    """Which part of the house `path` belongs to; None for none of them."""
    inside = [layer for layer in MAY_INCLUDE if path.startswith(layer + "/")]
    return max(inside, key=len, default=None)


def functions_of(code):
    """(first line, last line, head) of each function with a body. Needs code
    as clang-format leaves it: a body's brace follows a blank, the brace of an
    initialiser does not."""
    code = re.sub(r"^[ \t]*#(?:.*\\\n)*.*$",
                  lambda found: re.sub(r"[^\n]", " ", found.group()), code,
                  flags=re.MULTILINE)
    opened = []
    head_from = 0
    for found in re.finditer(r"[{};]", code):
        brace, at = found.group(), found.start()
        inside = opened[-1][0] if opened else "scope"
        if brace == "{":
            head = head_of(code, head_from, at)
            kind = "block"
            if inside == "scope":
                kind = kind_of(head, code[at - 1:at])
            opened.append((kind, at - len(head.lstrip()), head.strip()))
            inside = kind
        elif brace == "}" and opened:
            ended, began, head = opened.pop()
            if ended == "function":
                yield line_at(code, began), line_at(code, at), head
            if ended == "initialiser":
                continue  # what it belongs to goes on behind it
            inside = opened[-1][0] if opened else "scope"
        if inside == "scope":
            head_from = at + 1


def head_of(code, start, end):
    """What stands before a brace, from its first word on."""
    head = code[start:end]
    label = re.match(r"\s*(?:public|private|protected)\s*:(?!:)", head)
    while label:
        head = head[label.end():]
        label = re.match(r"\s*(?:public|private|protected)\s*:(?!:)", head)
    return head


def kind_of(head, before):
    words = re.sub(r"^template\s*<.*?>\s*(?=class|struct|union)", "",
                   head.strip(), flags=re.DOTALL)
    if before.strip() or words.endswith(("=", ",", "(")):
        return "initialiser"
    if re.match(r"(?:inline\s+)?namespace\b|extern\s*\"", words):
        return "scope"
    if re.match(r"(?:class|struct|union|enum)\b", words) and not re.search(
            r"\)[\s\w]*$", words):
        return "scope"
    return "function" if "(" in words else "initialiser"


def concept_of(pattern):
    """`One by one` for `one_by_one`."""
    return pattern.replace("_", " ").capitalize()


# ---- the rules -------------------------------------------------------------

def owes_its_files(tree):
    for model, owed in GRID.items():
        for name in ["model.hpp", "README.md"] + [f"{p}.cpp" for p in owed]:
            if not tree.has(f"{model}/{name}"):
                yield f"{model}/{name}:1: is missing; every model owes it"
        for pattern in PATTERNS:
            path = f"{model}/{pattern}.cpp"
            if pattern not in owed and tree.has(path):
                yield f"{path}:1: is a pattern this model does not have"


def states_one_concept(tree):
    first = {}
    for _, pattern, path in tree.patterns():
        line = tree.bytes(path).split(b"\n")[0]
        if not line.startswith(f"// {concept_of(pattern)}: ".encode()):
            yield (f"{path}:1: the concept line must start with "
                   f"'// {concept_of(pattern)}: '")
        elif not line.endswith(b"."):
            yield f"{path}:1: the concept line must end with a full stop"
        other, wanted = first.setdefault(pattern, (path, line))
        if line != wanted:
            yield (f"{path}:1: the concept line differs from that of {other}, "
                   "and must be the same byte by byte")


def keeps_the_catalog_in_step(tree):
    text = tree.text(CATALOG)
    promises = {}
    for found in re.finditer(r'Pattern\{\s*\.name = "(\w+)",\s*'
                             r'\.promise =\s*((?:"[^"]*"\s*)+),', text):
        promise = "".join(re.findall(r'"([^"]*)"', found[2]))
        promises[found[1]] = (line_at(text, found.start()), promise)
    for _, pattern, path in tree.patterns():
        line, promise = promises.get(pattern, (1, None))
        concept = tree.lines(path)[0].partition(": ")[2].removesuffix(".")
        if promise != concept:
            yield (f"{CATALOG}:{line}: must promise what line 1 of {path} "
                   f"does: {concept!r}, not {promise!r}")


def shows_the_grid(tree):
    links = set(re.findall(r"\]\(([\w/]+\.cpp)\)", tree.text("README.md")))
    for _, _, path in tree.patterns():
        if path not in links:
            yield f"README.md:1: must link {path}"


# What the harness must know of a model or a pattern is data of the catalog.
COMPARISON = re.compile(
    r"""[!=]==?\s*["'](?:{0})["']|["'](?:{0})["']\s*[!=]=""".format(
        "|".join(MODEL_NAMES + PATTERNS)))


def compares_no_names(tree):
    for path in tree.files:
        if (not path.startswith("bench/") or path.startswith("bench/grid/")
                or not path.endswith((".cpp", ".hpp", ".js"))):
            continue
        text = tree.text(path)
        for found in COMPARISON.finditer(text):
            yield (f"{path}:{line_at(text, found.start())}: compares a name, "
                   f"{found[0]}: ask the model or the pattern what it is")


def says_two_to_four_lines(tree):
    for _, _, path in tree.patterns():
        lines = tree.lines(path) + [""] * 8
        if lines[1] != "//":
            yield f"{path}:2: must be '//' and no more"
        end = 2
        while lines[end].startswith("// "):
            end += 1
        if not 2 <= end - 2 <= 4:
            yield (f"{path}:3: {end - 2} comment lines on this model; "
                   "two to four are wanted")
        if lines[end]:
            yield f"{path}:{end + 1}: a blank line must end the opening comment"


def fits_a_screen(tree):
    for _, _, path in tree.patterns():
        count = len(tree.lines(path))
        if count > FILE_LINES:
            yield (f"{path}:{FILE_LINES + 1}: a pattern file has at most "
                   f"{FILE_LINES} lines, this one {count}")


def keeps_the_width(tree):
    for path in tree.cpp():
        for number, line in enumerate(tree.lines(path), 1):
            if len(line) > COLUMNS:
                yield (f"{path}:{number}: {len(line)} columns; "
                       f"{COLUMNS} are allowed")
            if "\t" in line:
                yield f"{path}:{number}: a tab; indent with spaces"


def keeps_functions_short(tree):
    for path in tree.cpp("common", *MODELS, "bench"):
        for first, last, _ in functions_of(tree.code(path)):
            count = last - first + 1
            if count > FUNCTION_LINES:
                yield (f"{path}:{first}: a function of {count} lines; "
                       f"{FUNCTION_LINES} are allowed")


def leaves_the_rest_to_the_harness(tree):
    for _, _, path in tree.patterns():
        code = tree.code(path)
        for what, spelling in NOT_IN_A_PATTERN.items():
            for found in re.finditer(spelling, code, re.MULTILINE):
                yield (f"{path}:{line_at(code, found.start())}: a pattern file "
                       f"that {what}: {found.group().strip()!r}")


def is_one_function(tree):
    for _, pattern, path in tree.patterns():
        signature = re.compile(
            rf"(?:Task<Results>|Results) {pattern}"
            r"\(Workload items, const Options& options\)$")
        patterns = 0
        for first, _, head in functions_of(tree.code(path)):
            if signature.match(head):
                patterns += 1
            elif not re.match(r"(?:template\s*<[^>]*>\s*)?static\b", head):
                yield (f"{path}:{first}: a second function that is not static; "
                       "a pattern file defines its pattern")
        if patterns != 1:
            yield (f"{path}:1: must define {pattern}(Workload items, "
                   "const Options& options) once")


def includes_of(tree, path):
    for number, line in enumerate(tree.lines(path), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found[1], found[2]


def points_one_way(tree):
    for path in tree.cpp(*MAY_INCLUDE):
        layer = layer_of(path)
        for number, mark, name in includes_of(tree, path):
            if name == "model.hpp":  # the same line in every pattern file
                continue
            other = layer_of(name)
            if mark == '"' and other is None:
                yield (f"{path}:{number}: {name!r} must be named from the root "
                       "of the project")
            elif other is not None and other not in MAY_INCLUDE[layer]:
                yield f"{path}:{number}: {layer} must not include {name}"


def keeps_to_its_library(tree):
    for path in tree.cpp("common", *MODELS):
        for number, _, name in includes_of(tree, path):
            for library, (spelling, owner) in LIBRARIES.items():
                if IS_THE_LIBRARY.search(path):
                    continue
                if re.match(spelling, name) and layer_of(path) != owner:
                    yield (f"{path}:{number}: {library} belongs to {owner}, "
                           f"not to {layer_of(path)}")


def forks_in_one_way(tree):
    for path in tree.cpp("common", *MODELS, "bench"):
        code = tree.code(path)
        for found in FORKING.finditer(code):
            if not path.startswith(FORKS):
                yield (f"{path}:{line_at(code, found.start())}: "
                       f"{found[0].strip()} belongs to {FORKS}: fork_child() "
                       "and reap() leave nothing out")


def opens_headers_alike(tree):
    for path in tree.cpp():
        if not path.endswith((".hpp", ".h")):
            continue
        if not tree.text(path).startswith("// "):
            yield f"{path}:1: a header starts with a // comment that says why"
        if not re.search(r"^#pragma once$", tree.code(path), re.MULTILINE):
            yield f"{path}:1: a header has #pragma once"


def names_no_machine(tree):
    for path in tree.files:
        raw = tree.bytes(path)
        if b"\0" in raw:
            continue
        for number, line in enumerate(raw.decode("utf-8", "replace")
                                      .splitlines(), 1):
            found = MACHINE_PATH.search(line)
            if found:
                yield (f"{path}:{number}: a path of one machine: "
                       f"{line[found.start():].split()[0]!r}")


def changed_lines(tree, old, new):
    """How many lines leave and come between two files, as `diff` shows it."""
    if shutil.which("diff"):
        shown = subprocess.run(
            ["diff", "--", tree.root / old, tree.root / new],
            stdout=subprocess.PIPE, check=False).stdout.decode().split("\n")
        marks = "<", ">"
    else:
        shown = list(difflib.ndiff(tree.lines(old), tree.lines(new)))
        marks = "- ", "+ "
    return tuple(sum(line.startswith(mark) for line in shown)
                 for mark in marks)


def diffs_of(tree):
    """(pattern, old, new, lines that leave, lines that come)"""
    for pattern in CONCURRENT:
        for model in SHOWN_BESIDE:
            old, new = f"threads/{pattern}.cpp", f"{model}/{pattern}.cpp"
            if tree.has(old) and tree.has(new):
                yield pattern, old, new, *changed_lines(tree, old, new)


def differs_in_the_model_alone(tree):
    """Read strictly: lines that leave and lines that come count alike."""
    for pattern, old, new, left, came in diffs_of(tree):
        if left + came > DIFF_LINES[pattern]:
            yield (f"{new}:1: `diff {old} {new}` changes {left + came} "
                   f"lines; {DIFF_LINES[pattern]} are allowed")


RULES = [
    owes_its_files, states_one_concept, keeps_the_catalog_in_step,
    shows_the_grid, compares_no_names,
    says_two_to_four_lines, fits_a_screen, keeps_the_width,
    keeps_functions_short, leaves_the_rest_to_the_harness, is_one_function,
    points_one_way, keeps_to_its_library, forks_in_one_way,
    opens_headers_alike, names_no_machine, differs_in_the_model_alone,
]


def diff_table(tree):
    rows = ["lines changed next to threads    out   in  sum  allowed"]
    for pattern, _, new, left, came in diffs_of(tree):
        rows.append(f"{new:30} {left:5} {came:4} {left + came:4} "
                    f"{DIFF_LINES[pattern]:8}")
    return "\n".join(rows)


# ---- the project -----------------------------------------------------------

class HouseRules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = Tree(SOURCE)
        print(diff_table(cls.tree), flush=True)

    def hold(self, rule):
        violations = list(rule(self.tree))
        if violations:
            self.fail("\n" + "\n".join(violations))

    def test_every_model_has_the_files_it_owes_and_no_other_pattern(self):
        self.hold(owes_its_files)

    def test_the_concept_line_is_the_same_in_every_model(self):
        self.hold(states_one_concept)

    def test_the_catalog_promises_what_the_sources_do(self):
        self.hold(keeps_the_catalog_in_step)

    def test_the_readme_links_every_cell(self):
        self.hold(shows_the_grid)

    def test_the_harness_compares_no_name_of_a_model_or_a_pattern(self):
        self.hold(compares_no_names)

    def test_two_to_four_lines_on_the_model_follow_the_concept(self):
        self.hold(says_two_to_four_lines)

    def test_a_pattern_file_fits_a_screen(self):
        self.hold(fits_a_screen)

    def test_no_line_is_wider_than_a_screen_and_none_has_a_tab(self):
        self.hold(keeps_the_width)

    def test_no_function_is_longer_than_forty_lines(self):
        self.hold(keeps_functions_short)

    def test_a_pattern_leaves_time_output_and_errors_to_the_harness(self):
        self.hold(leaves_the_rest_to_the_harness)

    def test_a_pattern_file_defines_one_function_of_one_signature(self):
        self.hold(is_one_function)

    def test_includes_point_one_way(self):
        self.hold(points_one_way)

    def test_a_library_is_included_by_its_own_model_only(self):
        self.hold(keeps_to_its_library)

    def test_every_child_is_forked_in_one_way(self):
        self.hold(forks_in_one_way)

    def test_a_header_says_why_and_is_read_once(self):
        self.hold(opens_headers_alike)

    def test_no_file_names_a_path_of_one_machine(self):
        self.hold(names_no_machine)

    def test_a_diff_shows_the_model_and_little_else(self):
        self.hold(differs_in_the_model_alone)


# ---- the rules themselves --------------------------------------------------

PATTERN_FILE = """\
// {concept}: so it goes.
//
// Here: this is what waits, and this is what is shared, with 'quotes' and
// with "more"; nothing is printed or timed: a try is a catch.

#include "model.hpp"

namespace interleave::{space} {{

Results {pattern}(Workload items, const Options& options) {{
  Results results(items.size());
  return results;
}}

}}  // namespace interleave::{space}
"""

HEADER = """\
// A header.
#pragma once

#include <vector>

#include "common/words.hpp"
"""

WORDS = """\
// Words.
#pragma once

namespace interleave {

class Word {
 public:
  Word() : letters_{1, 2}, more_{3} {
    letters_[0] = 65'536 + '{' + *"{";
  }
  bool is_short() const { return true; }

 private:
  int letters_[2], more_;
};

}  // namespace interleave
"""


def plant(root):
    """A tree that keeps every rule."""
    files = {"common/words.hpp": WORDS, "tests/words_test.cpp": "int i;\n",
             "README.md": "See /usr/bin and /tmp.\n"
                          + "".join(f"[{path}]({path})\n" for path in (
                              f"{model}/{pattern}.cpp"
                              for model, owed in GRID.items()
                              for pattern in owed))}
    for model, owed in GRID.items():
        files[f"{model}/model.hpp"] = HEADER
        files[f"{model}/README.md"] = "# A model\n"
        for pattern in owed:
            files[f"{model}/{pattern}.cpp"] = PATTERN_FILE.format(
                concept=concept_of(pattern), pattern=pattern, model=model,
                space=model.split("/")[-1])
    files["bench/grid/catalog.cpp"] = "".join(
        f'Pattern{{.name = "{pattern}", .promise = "so it "\n "goes", 1}};\n'
        for pattern in PATTERNS)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


class TheRulesCanFail(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="shape_test.")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        plant(self.root)

    def edit(self, path, old, new):
        text = (self.root / path).read_text(encoding="utf-8")
        self.assertIn(old, text)
        (self.root / path).write_text(text.replace(old, new, 1),
                                      encoding="utf-8")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def expect(self, rule, *places):
        """`rule` objects at exactly these places."""
        told = list(rule(Tree(self.root)))
        self.assertEqual([text.split(": ", 1)[0] for text in told],
                         list(places), told)

    def test_a_tree_that_keeps_the_rules_passes(self):
        for rule in RULES:
            with self.subTest(rule.__name__):
                self.expect(rule)

    def test_each_rule_is_held_against_the_project(self):
        held = {name for name in HouseRules.__dict__ if name[:5] == "test_"}
        used = {name for test in held for name in
                HouseRules.__dict__[test].__code__.co_names}
        self.assertEqual({rule.__name__ for rule in RULES} - used, set())

    def test_a_missing_file_is_seen(self):
        (self.root / "async/queue.cpp").unlink()
        (self.root / "threads/onetbb/README.md").unlink()
        self.expect(owes_its_files, "threads/onetbb/README.md:1",
                    "async/queue.cpp:1")

    def test_a_pattern_in_a_model_that_has_it_not_is_seen(self):
        shutil.copy(self.root / "threads/queue.cpp", self.root / "sequential")
        self.expect(owes_its_files, "sequential/queue.cpp:1")

    def test_a_blank_too_many_in_a_concept_line_is_seen(self):
        self.edit("async/gather.cpp", "goes.", "goes. ")
        self.expect(states_one_concept, *["async/gather.cpp:1"] * 2)

    def test_a_concept_line_of_another_pattern_is_seen(self):
        for model in MODELS[1:]:
            self.edit(f"{model}/queue.cpp", "// Queue", "// Crew")
        self.expect(states_one_concept,
                    *[f"{model}/queue.cpp:1" for model in MODELS[1:]])

    def test_a_promise_that_has_changed_in_the_catalog_is_seen(self):
        self.edit("bench/grid/catalog.cpp", '"goes"', '"went"')
        self.expect(keeps_the_catalog_in_step, *["bench/grid/catalog.cpp:1"] * 2)

    def test_a_cell_that_the_readme_leaves_out_is_seen(self):
        self.edit("README.md", "(async/queue.cpp)", "(async/que.cpp)")
        self.expect(shows_the_grid, "README.md:1")

    def test_a_comparison_with_a_name_is_seen(self):
        for text in ('a->name == "async"', 'name != "gather"',
                     '"threads" == name'):
            with self.subTest(text):
                self.write("bench/report/a.cpp", f"\nbool b = {text};\n")
                self.expect(compares_no_names, "bench/report/a.cpp:2")
                self.write("bench/report/a.cpp", text.replace("=", ","))
                self.expect(compares_no_names)
        self.write("bench/html/a.js", "if (a === 'async') b();\n")
        self.expect(compares_no_names, "bench/html/a.js:1")

    def test_the_grid_is_read_from_the_catalog(self):
        catalog = """Model{.name = "a",
                  .folder = "a"}, Model{.name = "b", .folder = "a/b"}
            cell("a/x", a::x), cell("b/x", b::x),
            cell("b/y", run<b::y>)"""
        self.assertEqual(grid_of(catalog), (
            {"a": ("x",), "a/b": ("x", "y")}, ("a", "b")))

    def test_a_pattern_without_a_word_on_the_model_is_seen(self):
        self.edit("threads/queue.cpp", "// with", "")
        self.expect(says_two_to_four_lines, "threads/queue.cpp:3",
                    "threads/queue.cpp:4")

    def test_a_pattern_with_an_essay_on_the_model_is_seen(self):
        self.edit("threads/queue.cpp", "// with", "// a\n" * 3 + "// with")
        self.edit("threads/gather.cpp", "\n//\n", "\n// \n")
        self.expect(says_two_to_four_lines, "threads/gather.cpp:2",
                    "threads/queue.cpp:3")

    def test_a_long_file_is_seen(self):
        self.edit("async/queue.cpp", "  return", "\n" * 66 + "  return")
        self.expect(fits_a_screen, "async/queue.cpp:81")

    def test_a_wide_line_and_a_tab_are_seen(self):
        self.edit("common/words.hpp", "// Words.", "// Words." + "." * 72)
        self.edit("tests/words_test.cpp", "int", "\tint")
        self.expect(keeps_the_width, "common/words.hpp:1",
                    "tests/words_test.cpp:1")

    def test_a_long_function_is_seen(self):
        self.edit("common/words.hpp", "    letters_[0]",
                  "    for (;;) {\n    }\n" * 19 + "    letters_[0]")
        self.expect(keeps_functions_short, "common/words.hpp:8")
        self.edit("common/words.hpp", "    for (;;) {\n    }\n", "")
        self.expect(keeps_functions_short)

    def test_what_belongs_to_the_harness_is_seen(self):
        for text in ("  std::cout << 1;", "  fmt::print(1);", "  puts(a);",
                     "  Clock::now();", "  std::chrono::seconds(1);",
                     "  std::clock_t t = time(nullptr);", "  try {}",
                     "  {} catch (...) {}", "  throw 1;", "  getenv(name);",
                     "#define A 1", "#ifdef A", "#include <iostream>"):
            with self.subTest(text):
                plant(self.root)
                self.edit("async/queue.cpp", "  return", text + "\n  return")
                self.expect(leaves_the_rest_to_the_harness,
                            "async/queue.cpp:12")

    def test_a_second_function_and_another_signature_are_seen(self):
        self.edit("async/queue.cpp", "Results queue",
                  "void more(int i) {\n}\n\nResults queue")
        self.edit("threads/queue.cpp", "Workload items", "Workload jobs")
        self.expect(is_one_function, "threads/queue.cpp:10",
                    "threads/queue.cpp:1", "async/queue.cpp:10")
        self.edit("async/queue.cpp", "void more", "static void more")
        self.edit("threads/queue.cpp", "Workload jobs", "Workload items")
        self.expect(is_one_function)

    def test_an_arrow_that_points_up_is_seen(self):
        for path, name in (("common/words.hpp", '"threads/model.hpp"'),
                           ("common/words.hpp", "<bench/grid/catalog.hpp>"),
                           ("threads/model.hpp", '"bench/grid/catalog.hpp"'),
                           ("async/model.hpp", '"threads/group.hpp"'),
                           ("threads/model.hpp", '"threads/onetbb/a.hpp"'),
                           ("threads/onetbb/model.hpp", '"threads/a.hpp"'),
                           ("processes/model.hpp", '"../threads/a.hpp"'),
                           ("processes/model.hpp", '"group.hpp"'),
                           ("sequential/model.hpp", '"tests/a.hpp"')):
            with self.subTest(path + " " + name):
                plant(self.root)
                self.edit(path, "once\n", f"once\n#include {name}\n")
                self.expect(points_one_way, f"{path}:3")
        plant(self.root)
        self.edit("bench/grid/catalog.cpp", "Pattern",
                  '#include "async/model.hpp"\n#include "tests/a.hpp"\nPattern')
        self.expect(points_one_way, "bench/grid/catalog.cpp:2")

    def test_the_library_of_another_model_is_seen(self):
        for model, name in (("threads", "boost/asio.hpp"),
                            ("async", "tbb/task_group.h"),
                            ("threads", "oneapi/tbb.h")):
            with self.subTest(name):
                plant(self.root)
                self.edit(f"{model}/model.hpp", "vector", name)
                self.expect(keeps_to_its_library, f"{model}/model.hpp:4")

    def test_a_fork_by_hand_is_seen(self):
        for call in ("if (fork() == 0) {}", "waitpid(child, nullptr, 0);",
                     "prctl(PR_SET_PDEATHSIG, SIGKILL);"):
            with self.subTest(call):
                plant(self.root)
                self.edit("bench/grid/catalog.cpp", "Pattern", call + "\nPattern")
                self.expect(forks_in_one_way, "bench/grid/catalog.cpp:1")

    def test_a_header_without_a_word_or_a_guard_is_seen(self):
        self.edit("common/words.hpp", "// Words.", "")
        self.edit("async/model.hpp", "#pragma once", "// #pragma once")
        self.expect(opens_headers_alike, "async/model.hpp:1",
                    "common/words.hpp:1")

    def test_a_path_of_one_machine_is_seen(self):
        for folder in ("work", "root", "home", "Users"):
            with self.subTest(folder):
                self.edit("README.md", "\n", f"\n(/{folder}" + "/me)\n")
                self.expect(names_no_machine, "README.md:2")
                plant(self.root)

    def test_a_diff_that_shows_too_much_is_seen(self):
        for pattern in ("queue", "pipeline"):
            count = DIFF_LINES[pattern] - 4  # that many differ as it is
            self.edit(f"async/{pattern}.cpp", "  return",
                      "  ++i;\n" * count + "  return")
            self.expect(differs_in_the_model_alone)
            self.edit(f"async/{pattern}.cpp", "  ++i;\n", "  ++i;\n" * 2)
            self.expect(differs_in_the_model_alone,
                        f"async/{pattern}.cpp:1")
            plant(self.root)

    def test_a_diff_is_counted_without_the_program_too(self):
        tree = Tree(self.root)
        files = "threads/queue.cpp", "async/queue.cpp"
        self.edit(files[1], "  return", "  ++i;\n  return")
        shown = changed_lines(tree, *files)
        which, shutil.which = shutil.which, lambda name: None
        try:
            self.assertEqual(changed_lines(tree, *files), shown)
        finally:
            shutil.which = which

    def test_literals_and_comments_are_no_code(self):
        text = ('int a = 1\'000; /* { */ // }\n'
                'auto b = R"x({\n)" })x"; char c = \'{\', d = \'\\\'\';\n'
                'auto e = "\\"{" "try";\n')
        code = code_of(text)
        self.assertEqual([len(line) for line in code.split("\n")],
                         [len(line) for line in text.split("\n")])
        self.assertNotRegex(code, r"[{}]|try")
        self.assertIn("1'000;", code)

    def test_functions_are_told_from_what_looks_like_them(self):
        code = ("namespace a {\nstruct B final : C<int> {\n  int i{1};\n"
                "  B(int j)\n      : i{j}, k{j} {\n    if (j) {\n    }\n  }\n"
                " private:\n  int f() const { return 1; }\n};\n"
                "const int g[] = {\n    h(1),\n};\nconstexpr D l{\n    m(1)};\n"
                "template <class T>\nvoid n() {\n  auto o = [] {\n  };\n}\n"
                "struct stat p() {\n}\n}\nenum Q {\n};\nstatic int r() {\n}\n")
        self.assertEqual([(first, last) for first, last, _ in
                          functions_of(code)],
                         [(4, 8), (10, 10), (17, 21), (22, 23), (27, 28)])


if __name__ == "__main__":
    unittest.main()
