"""The house rules: each a function from a Tree to its violations, reported as
FILE:LINE: what.

The root of the project is the first argument of the program; without it
INTERLEAVE_SOURCE says, or it is the checkout this file lies in.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

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
# A pattern that is another one but for a few lines of code, in each model.
SIBLINGS = {"adaptive": ("semaphore", 12)}

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


def differs_little_from_its_sibling(tree):
    for _, pattern, path in tree.patterns():
        sibling, allowed = SIBLINGS.get(pattern, (None, 0))
        other = f"{path.rsplit('/', 1)[0]}/{sibling}.cpp"
        if sibling is None or not tree.has(other):
            continue
        changed = [line for line in difflib.ndiff(
            *(code_of(tree.text(one)).splitlines() for one in (other, path)))
            if line[:2] in ("- ", "+ ") and line[2:].strip()]
        if len(changed) > allowed:
            yield (f"{path}:1: changes {len(changed)} lines of {other}; "
                   f"{allowed} are allowed")


RULES = [
    owes_its_files, states_one_concept, keeps_the_catalog_in_step,
    shows_the_grid, compares_no_names,
    says_two_to_four_lines, fits_a_screen, keeps_the_width,
    keeps_functions_short, leaves_the_rest_to_the_harness, is_one_function,
    points_one_way, keeps_to_its_library, forks_in_one_way,
    opens_headers_alike, names_no_machine, differs_in_the_model_alone,
    differs_little_from_its_sibling,
]


def diff_table(tree):
    rows = ["lines changed next to threads    out   in  sum  allowed"]
    for pattern, _, new, left, came in diffs_of(tree):
        rows.append(f"{new:30} {left:5} {came:4} {left + came:4} "
                    f"{DIFF_LINES[pattern]:8}")
    return "\n".join(rows)
