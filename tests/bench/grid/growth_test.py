#!/usr/bin/env python3
"""A model and a pattern, added by the steps of CONTRIBUTING.md and no other,
keep the promises.

A copy of the checkout gets the model `futures` and the pattern `counter`. What
is new in it is compiled there, without optimisation, and linked with what this
build has of the rest.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["INTERLEAVE_SOURCE"])
BUILD = Path(os.environ["INTERLEAVE"]).parent

MODEL_HEADER = """\
// The model of futures: std::async starts a thread for each task.
#pragma once

#include <future>
#include <vector>

#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"
#include "common/run_item.hpp"
#include "common/session.hpp"

namespace interleave::futures {

Results one_by_one(Workload items, const Options& options);
Results gather(Workload items, const Options& options);

}  // namespace interleave::futures
"""

ONE_BY_ONE = """\
// One by one: the next item starts when the last one finished.
//
// Futures: the loop waits for each call itself. Nothing is shared, and nothing
// overlaps.

#include "model.hpp"

namespace interleave::futures {

Results one_by_one(Workload items, const Options& options) {
  Results results(items.size());
  Session session(options);

  for (std::size_t i : items.submission_order()) {
    results[i] = run_item(items[i], session);
  }

  return results;
}

}  // namespace interleave::futures
"""

GATHER = """\
// Gather: start everything, wait for all.
//
// Futures: one thread and one connection per item, behind a future. Each task
// writes its own slot of the results. No order is promised.

#include "model.hpp"

namespace interleave::futures {

static void task(std::size_t i, Workload items, const Options& options,
                 Results& results) {
  Session session(options);
  results[i] = run_item(items[i], session);
}

Results gather(Workload items, const Options& options) {
  Results results(items.size());
  std::vector<std::future<void>> group;

  for (std::size_t i : items.submission_order()) {
    group.push_back(std::async(std::launch::async, [&, i] {
      task(i, items, options, results);
    }));
  }

  for (std::future<void>& future : group) future.get();
  return results;
}

}  // namespace interleave::futures
"""

COUNTER = """\
// Counter: each of `limit` workers takes the item that a counter names.
//
// Threads: a worker blocks on its transfer, and never on the counter. Each
// keeps one connection. Items are taken in submission order.

#include <atomic>

#include "model.hpp"

namespace interleave::threads {

static void work(std::atomic<std::size_t>& next, Workload items,
                 const Options& options, Results& results) {
  Session session(options);
  for (std::size_t i = next++; i < items.size(); i = next++) {
    results[i] = run_item(items[items.stamp_queued(i)], session);
  }
}

Results counter(Workload items, const Options& options) {
  Results results(items.size());
  std::atomic<std::size_t> next = 0;
  Group workers;

  for (unsigned n = 0; n < options.limit; ++n) {
    workers.spawn([&] { work(next, items, options, results); });
  }

  workers.join();
  return results;
}

}  // namespace interleave::threads
"""

CATALOG = "bench/grid/catalog.cpp"


class Copy:
    """A checkout to be changed, and what was changed in it."""

    def __init__(self, root):
        self.root = Path(root)
        shutil.copytree(SOURCE, self.root, ignore=shutil.ignore_patterns(
            ".git", ".cache", "build", "out", "__pycache__", "node_modules"))
        self.created, self.edited = set(), set()

    def create(self, path, text):
        self.created.add(path)
        (self.root / path).parent.mkdir(exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def insert(self, path, before, text):
        """Puts `text` before the last place that `before` describes."""
        self.edited.add(path)
        old = (self.root / path).read_text(encoding="utf-8")
        at = [found.start() for found in re.finditer(before, old, re.M)][-1]
        (self.root / path).write_text(old[:at] + text + old[at:],
                                      encoding="utf-8")


def add_a_model(copy):
    copy.create("futures/model.hpp", MODEL_HEADER)
    copy.create("futures/README.md", "# Futures\n")
    copy.create("futures/CMakeLists.txt", "add_model(futures)\n")
    copy.create("futures/one_by_one.cpp", ONE_BY_ONE)
    copy.create("futures/gather.cpp", GATHER)
    copy.insert("CMakeLists.txt", r"^add_subdirectory\(bench\)",
                "add_subdirectory(futures)\n")
    copy.insert(CATALOG, r'^#include "processes/model.hpp"',
                '#include "futures/model.hpp"\n')
    copy.insert(CATALOG, r"^};\n\n/// The one of",
                'Model{.name = "futures",\n.folder = "futures",\n'
                '.summary = "std::async", .task = TaskKind::thread,\n'
                ".parallel = true},\n")
    copy.insert(CATALOG, r"^};\n\n}  // namespace\n",
                'cell("futures/one_by_one", futures::one_by_one),\n'
                'cell("futures/gather", futures::gather),\n')
    copy.insert("README.md", r"^\| `producers`",
                "[one_by_one](futures/one_by_one.cpp)\n"
                "[gather](futures/gather.cpp)\n")


def add_a_pattern(copy):
    copy.create("threads/counter.cpp", COUNTER)
    copy.insert("threads/model.hpp", r"^Results producers",
                "Results counter(Workload items, const Options& options);\n")
    copy.insert(CATALOG, r"^};\n\n#ifdef INTERLEAVE_ONETBB\n/// A refusal",
                'Pattern{.name = "counter",\n.promise = "each of `limit` '
                'workers takes the item "\n"that a counter names",\n'
                ".width = ConcurrencyCap::limit},\n")
    copy.insert(CATALOG, r"^};\n\n}  // namespace\n",
                'cell("threads/counter", threads::counter),\n')
    copy.insert("README.md", r"^\| `producers`",
                "[counter](threads/counter.cpp)\n")


def section_of(document, title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", document,
                     re.M | re.S)[1]


class Growth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="growth_test.")
        cls.addClassCleanup(folder.cleanup)
        cls.copy = Copy(Path(folder.name) / "interleave")

    def call(self, command, **how):
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False,
                              **how)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}")
        return done.stdout

    def build(self):
        """Links pattern_test with what is new in the copy before the rest."""
        cache = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
        kept = [f"-D{name}={value}" for name, value in re.findall(
            r"^(CMAKE_BUILD_TYPE|CMAKE_CXX_COMPILER|CMAKE_CXX_FLAGS"
            r"|INTERLEAVE_ONETBB):\w+=(.*)$", cache, re.M)]
        self.call(["cmake", "-S", self.copy.root, "-B",
                   self.copy.root / "build", "-G", "Ninja",
                   "-DINTERLEAVE_UNITY=OFF", *kept])
        commands = {
            Path(entry["file"]).relative_to(self.copy.root).as_posix(): entry
            for entry in json.loads((self.copy.root / "build"
                                     / "compile_commands.json").read_text())}
        objects = []
        # All of the grid: what was compiled together is linked together.
        for path in sorted(
                {path for path in commands if path.startswith("bench/grid/")}
                | {path for path in self.copy.created
                   if path.endswith(".cpp")}):
            self.assertIn(path, commands, "CMake does not know it")
            entry = commands[path]
            command = [word for word in shlex.split(entry["command"])
                       if not re.fullmatch(r"-O\w", word)] + ["-O0"]
            objects.append(str(self.copy.root / path.replace("/", ".")) + ".o")
            command[command.index("-o") + 1] = objects[-1]
            self.call(command, cwd=entry["directory"])
        link = self.call(["ninja", "-C", BUILD, "-t", "commands",
                          "pattern_test"]).strip().split("\n")[-1]
        program = self.copy.root / "pattern_test"
        linked, found = re.subn(r" -o pattern_test ",
                                f" {' '.join(objects)} -o {program} ", link)
        self.assertEqual(found, 1, link)
        self.call(linked, shell=True, cwd=BUILD)
        return program

    def test_what_is_added_by_the_steps_keeps_the_promises(self):
        steps = (SOURCE / "CONTRIBUTING.md").read_text(encoding="utf-8")
        for title, add in (("Adding a pattern", add_a_pattern),
                           ("Adding a model", add_a_model)):
            self.copy.edited.clear()
            add(self.copy)
            named = set(re.findall(r"\]\(([\w./]+)\)",
                                   section_of(steps, title)))
            besides = {path for path in self.copy.edited
                       if not path.endswith("/model.hpp")}
            self.assertLessEqual(besides, named, title)
            self.assertLessEqual(len(besides), 3, title)

        program = self.build()
        self.call(["python3", "tests/models/shape_test.py", self.copy.root,
                   "HouseRules"], cwd=self.copy.root,
                  env={name: value for name, value in os.environ.items()
                       if name != "INTERLEAVE_SOURCE"})
        for cell in ("futures_one_by_one", "futures_gather",
                     "threads_counter"):
            told = self.call([program, f"--gtest_filter=*/{cell}"])
            self.assertRegex(told, r"PASSED  \] [1-9]\d tests", cell)


if __name__ == "__main__":
    unittest.main()
