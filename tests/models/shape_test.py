#!/usr/bin/env python3
"""The house rules, held against the sources.

    shape_test.py [SOURCE]

SOURCE is the root of the project. HouseRules holds it to the rules;
TheRulesCanFail breaks each one in a small tree of its own and expects to be
told, so that no rule passes because it looks at nothing.
"""

import shutil
import tempfile
import unittest
from pathlib import Path

from house_rules import (
    DIFF_LINES, GRID, MODELS, PATTERNS, RULES, SIBLINGS, SOURCE, Tree,
    changed_lines, code_of, compares_no_names, concept_of, diff_table,
    differs_in_the_model_alone, differs_little_from_its_sibling,
    fits_a_screen, forks_in_one_way, functions_of, grid_of, is_one_function,
    keeps_functions_short, keeps_the_catalog_in_step,
    keeps_the_width, keeps_to_its_library, leaves_the_rest_to_the_harness,
    names_no_machine, opens_headers_alike, owes_its_files, points_one_way,
    says_two_to_four_lines, shows_the_grid, states_one_concept)

__unittest = True  # a violation is worth more than the traceback to it

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

    def test_a_sibling_differs_by_a_few_lines_of_code(self):
        self.hold(differs_little_from_its_sibling)


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

    def test_a_sibling_that_differs_too_much_is_seen(self):
        for pattern, (_, allowed) in SIBLINGS.items():
            path = f"async/{pattern}.cpp"
            self.edit(path, "  return",
                      "  // why\n" + "  ++i;\n" * (allowed - 2) + "  return")
            self.expect(differs_little_from_its_sibling)
            self.edit(path, "  ++i;\n", "  ++i;\n" * 2)
            self.expect(differs_little_from_its_sibling, f"{path}:1")
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
