"""What `--json` prints is what docs/schema says, no more and no less.

    schema_test.py --write    makes docs/schema/cell.json and the table of
                              docs/reference.md from the table of metrics

INTERLEAVE in the environment is the path of the binary, INTERLEAVE_SOURCE the
root of the project.
"""

import copy
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

PROGRAM = os.path.abspath(
    os.environ.get("INTERLEAVE", "build/release/interleave")
)
SOURCE = pathlib.Path(
    os.environ.get("INTERLEAVE_SOURCE", pathlib.Path(__file__).parents[2])
)
SCHEMAS = SOURCE / "docs" / "schema"
REFERENCE = SOURCE / "docs" / "reference.md"

CELLS = ["--cells", "sequential/*,*/queue"]
QUICK = "--items 6 --latency 2ms --limit 2 --runs 2".split()


def printed(*arguments, statuses=(0, 1)):
    ended = subprocess.run(
        [PROGRAM, *arguments], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300,
    )
    assert ended.returncode in statuses, ended.stderr
    return ended.stdout


def printed_json(*arguments, **more):
    return json.loads(printed(*arguments, "--json", **more))


def interrupted_json(*arguments):
    """What is printed when Ctrl-C comes in the midst of it."""
    with tempfile.TemporaryFile() as out:
        running = subprocess.Popen(
            [PROGRAM, *arguments, "--json"], stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.PIPE,
        )
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
        out.seek(0)
        return json.load(out)


# ---- the schemas -----------------------------------------------------------


def resolved(node, files, file):
    """The schema with what it refers to in place of each reference."""
    if isinstance(node, list):
        return [resolved(one, files, file) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        other, _, path = node["$ref"].partition("#/")
        target = files[other or file]
        for key in path.split("/"):
            target = target[key]
        return resolved(target, files, other or file)
    return {key: resolved(one, files, file) for key, one in node.items()}


def schemas():
    files = {
        path.name: json.loads(path.read_text())
        for path in sorted(SCHEMAS.glob("*.json"))
    }
    return {
        name.removesuffix(".json"): resolved(schema, files, name)
        for name, schema in files.items()
    }


def made_from_metrics():
    """docs/schema/cell.json, which nobody writes by hand."""
    metrics = json.loads(printed("list", "metrics", "--json"))["metrics"]

    def property_of(metric):
        made = {"type": metric["type"], "description": metric["about"]}
        if metric["null"]:
            made["type"] = [metric["type"], "null"]
            made["description"] += f"; null {metric['null']}"
        for key in ("unit", "better", "column"):
            if metric[key]:
                made[key] = metric[key]
        return made

    def object_of(owner, lists):
        properties = {
            metric["name"]: property_of(metric)
            for metric in metrics if metric[owner]
        }
        for name, items in lists.items():
            about = properties.get(name, {}).get("description")
            about = about or "of the first 20 items that failed or were lost"
            properties[name] = {
                "type": "array", "description": about, "items": items
            }
        return {
            "type": "object",
            "additionalProperties": False,
            "required": list(properties),
            "properties": properties,
        }

    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A cell of a comparison, and its runs",
        "description": "Made by tests/command/schema_test.py --write.",
        "$defs": {
            "cell": object_of("of_cell", {
                "outliers": {"type": "integer", "minimum": 1},
                "runs": {"$ref": "#/$defs/run"},
            }),
            "run": object_of("of_run", {
                "errors": {"$ref": "common.json#/$defs/item_error"},
                "limits": {"$ref": "common.json#/$defs/limit_step"},
            }),
        },
    }
    # A line for each field.
    return re.sub(
        r"\{[^{}]*\}", lambda field: " ".join(field[0].split()),
        json.dumps(schema, indent=2),
    ) + "\n"


# ---- what may be missing, and what may be added ----------------------------


def objects(document, path=()):
    """Every object in a document, but one of those that are alike."""
    if isinstance(document, dict):
        yield path
        for key, value in document.items():
            yield from objects(value, (*path, key))
    elif isinstance(document, list):
        for index, value in enumerate(document[:1]):
            yield from objects(value, (*path, index))


def at(document, path):
    for key in path:
        document = document[key]
    return document


# Whose keys are names or headings.
FREE = re.compile(r"(^|/)libraries$|/sheets/0/rows/0$|/args$")
# What some events of a trace have, and others have not.
OPTIONAL = re.compile(r"^traceEvents/0/(dur|cat|id|bp|args)$")


class Schemas(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.schemas = schemas()

    def check(self, document):
        name = document["schema"].split("/")[1]
        validator = jsonschema.Draft202012Validator(self.schemas[name])
        found = sorted(
            f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
            for error in validator.iter_errors(document)
        )
        self.assertEqual(found, [])
        return document

    def check_strictly(self, document, name=None):
        """Nor does it allow a field less or more."""
        name = name or self.check(document)["schema"].split("/")[1]
        validator = jsonschema.Draft202012Validator(self.schemas[name])
        self.assertTrue(validator.is_valid(document))
        for path in list(objects(document)):
            where = "/".join(map(str, path))
            if FREE.search(where):
                continue
            more = copy.deepcopy(document)
            at(more, path)["unheard_of"] = 1
            self.assertFalse(validator.is_valid(more), f"{where}: one more")
            for key in at(document, path):
                if OPTIONAL.search(f"{where}/{key}"):
                    continue
                less = copy.deepcopy(document)
                del at(less, path)[key]
                self.assertFalse(
                    validator.is_valid(less), f"{where}: without {key}"
                )

    def test_are_schemas(self):
        for name, schema in self.schemas.items():
            with self.subTest(name):
                jsonschema.Draft202012Validator.check_schema(schema)
                self.assertTrue(schema["title"])
                self.assertTrue(schema["description"])

    def test_explain_every_field(self):
        def unexplained(node, path):
            if isinstance(node, list):
                for index, one in enumerate(node):
                    yield from unexplained(one, f"{path}/{index}")
            elif isinstance(node, dict):
                for key, one in node.get("properties", {}).items():
                    known = {"description", "$ref", "const"} & set(one)
                    if not known:
                        yield f"{path}/{key}"
                for key, one in node.items():
                    yield from unexplained(one, f"{path}/{key}")

        for path in sorted(SCHEMAS.glob("*.json")):
            found = list(unexplained(json.loads(path.read_text()), path.name))
            self.assertEqual(found, [])

    def test_cells_are_those_of_the_table_of_metrics(self):
        self.assertEqual(
            (SCHEMAS / "cell.json").read_text(), made_from_metrics()
        )

    def test_the_reference_shows_the_table_of_metrics(self):
        text = REFERENCE.read_text()
        shown = text.partition("<!-- metrics -->\n")[2]
        self.assertEqual(
            shown.partition("<!-- /metrics -->")[0],
            printed("list", "metrics", "--markdown"),
        )

    def test_compare(self):
        self.check_strictly(
            printed_json("compare", *CELLS, *QUICK, "--wide")
        )

    def test_compare_on_a_server_with_a_capacity(self):
        made = printed_json("compare", *CELLS, *QUICK, "--server", "slots-4")
        self.assertEqual(made["workload"]["server"]["profile"], "slots-4")
        self.assertEqual(made["workload"]["server"]["options"], "--slots 4")
        self.assertEqual(made["cells"][0]["best_limit"], 3)
        self.check_strictly(made)

    def test_compare_with_failures(self):
        made = self.check(
            printed_json("compare", *CELLS, *QUICK, "--fault-rate", "50%")
        )
        self.assertTrue(made["cells"][0]["runs"][0]["errors"])
        self.check_strictly(made)

    def test_compare_interrupted(self):
        made = self.check(
            interrupted_json("compare", "--latency", "10ms", "--runs", "1000")
        )
        self.assertTrue(made["interrupted"])

    def test_compare_without_an_origin(self):
        self.check(
            printed_json("compare", *CELLS, "--workload", "sleep",
                         "--items", "3", "--latency", "1ms", "--runs", "1")
        )

    def test_compare_a_list_of_urls(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as urls:
            urls.write("http://127.0.0.1:1/\nhttp://127.0.0.1:1/b\n")
            urls.flush()
            made = self.check(
                printed_json("compare", *CELLS, "--urls", urls.name,
                             "--runs", "1", "--deadline", "5s")
            )
        self.assertEqual(made["workload"]["name"], "urls")
        self.check_strictly(made)

    def test_run(self):
        made = printed_json("run", "processes/pipeline", *QUICK)
        self.check_strictly(made)
        self.check(
            printed_json("run", "async/queue", *QUICK, "--fault-rate", "50%",
                         "--on-error", "stop")
        )

    def test_run_interrupted(self):
        self.check(
            interrupted_json("run", "sequential/one_by_one", "--items", "1000")
        )

    def test_sweep(self):
        self.check_strictly(
            printed_json("sweep", "--limit", "1,2,4", "--items", "4",
                         "--latency", "2ms", "--runs", "2")
        )

    def test_scale(self):
        self.check_strictly(
            printed_json("scale", "--cells", "async/gather",
                         "--sleeping", "100", "--requests", "10")
        )

    def test_diff(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("base", "new"):
                printed("compare", *CELLS, *QUICK, "--save",
                        f"{folder}/{name}")
            saved = json.loads(pathlib.Path(folder, "new").read_text())
            saved["context"]["kernel"] = "another"
            pathlib.Path(folder, "new").write_text(json.dumps(saved))
            made = printed_json("diff", f"{folder}/base", f"{folder}/new",
                                statuses=(0, 1, 2, 4))
        self.assertTrue(made["disagreements"])
        self.check_strictly(made)

    def test_faults(self):
        self.check_strictly(
            printed_json("faults", "--cells", "threads/queue",
                         "--faults", "throws")
        )
        made = self.check(
            printed_json("faults", "--cells", "*/queue", "--faults", "killed")
        )
        self.assertTrue(made["findings"][0]["run_lost"])

    def test_reproduce(self):
        self.check_strictly(
            printed_json("reproduce", "count", "amap",
                         "--time-scale", "0.02")
        )
        self.check(printed_json("reproduce", "concepts", "producers",
                                "--time-scale", "0.02"))

    def test_lists(self):
        for arguments in (["list"], ["list", "metrics"],
                          ["reproduce", "--list"]):
            with self.subTest(arguments):
                self.check_strictly(printed_json(*arguments))

    def test_doctor(self):
        self.check_strictly(printed_json("doctor", statuses=(0, 3)))

    def test_trace(self):
        with tempfile.TemporaryDirectory() as folder:
            printed("run", "async/queue", *QUICK, "--trace", f"{folder}/trace")
            made = json.loads(pathlib.Path(folder, "trace").read_text())
        self.assertEqual(
            made["otherData"]["schema"], "interleave/trace-events/v1"
        )
        self.check_strictly(made, "trace-events")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        (SCHEMAS / "cell.json").write_text(made_from_metrics())
        printed("list", "metrics", f"--markdown={REFERENCE}")
    else:
        unittest.main()
