"""`interleave compare --urls`: the user's own addresses, from servers that are
not ours, and what is learnt of them."""

import contextlib
import http.server
import json
import random
import re
import subprocess
import sys
import threading
import time
import unittest

from url_list_servers import (
    InTemporaryDirectory, compare, ended_with, free_port, interleave,
    needs_nginx, nginx, wait_until_it_serves)

FILES = {
    "empty": 0,
    "byte": 1,
    "short": 100,
    "page": 10_966,
    "long": 300_000,
    "with space.txt": 1234,
    "folder/index.html": 77,  # /folder is answered with a redirect to it
}
ADDRESSES = ["empty", "byte", "short", "page", "long", "with%20space.txt",
             "folder", "page", "empty", "long"]
BYTES = sum(FILES[{"with%20space.txt": "with space.txt",
                   "folder": "folder/index.html"}.get(name, name)]
            for name in ADDRESSES)

CONCURRENT = ("gather", "semaphore", "queue", "batches", "pipeline",
              "producers", "adaptive")
CELLS = (["sequential/one_by_one", "async/one_by_one"]
         + [f"{model}/{pattern}" for model in ("threads", "processes", "async")
            for pattern in CONCURRENT])
ONETBB_CELLS = [f"onetbb/{pattern}" for pattern in CONCURRENT]


def write_files(folder):
    noise = random.Random(1)
    for name, size in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(noise.randbytes(size))


@contextlib.contextmanager
def http_server(folder, own, protocol):
    """`python3 -m http.server`, which says which port it got. It lets five
    connections wait to be accepted: the others come again a second later."""
    with open(own / "http.server.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [sys.executable, "-u", "-m", "http.server", "0", "--bind",
             "127.0.0.1", "--directory", folder, "--protocol", protocol],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
            text=True)
        with server.stdout, ended_with(server):
            line = server.stdout.readline()
            found = re.search(r" port (\d+) ", line)
            if not found or not wait_until_it_serves(server, int(found[1])):
                raise RuntimeError(f"http.server does not serve: {line!r}")
            yield f"http://127.0.0.1:{found[1]}"


class Served(InTemporaryDirectory):
    def setUp(self):
        super().setUp()
        self.folder = self.own / "served"
        self.folder.mkdir()
        write_files(self.folder)

    def write_list(self, base, addresses):
        """A list as people write them: a byte order mark, comments, blanks,
        both kinds of line ends, none after the last line."""
        lines = ["\ufeff# addresses", "", "  # indented, \u00e9 and \x1b[31m"]
        for i, name in enumerate(addresses):
            lines.append(["{}", "  {}  ", "\t{}\r"][i % 3]
                         .format(f"{base}/{name}"))
            if i % 4 == 0:
                lines.append(["", " \t", "#"][i // 4 % 3])
        (self.own / "urls.txt").write_bytes("\n".join(lines).encode())

    def compare(self, base, addresses, status):
        """The report on the addresses, after what it says in any case."""
        self.write_list(base, addresses)
        done = compare("urls.txt", self.own)
        self.assertEqual(done.returncode, status,
                         done.stderr.decode(errors="replace"))
        report = json.loads(done.stdout)
        self.assertEqual(report["schema"], "interleave/compare/v1")
        found = [cell["cell"] for cell in report["cells"]]
        onetbb = [name for name in found if name.startswith("onetbb/")]
        wanted = CELLS + (ONETBB_CELLS if onetbb else [])
        self.assertEqual(sorted(found), sorted(wanted))
        return report

    def check_every_cell_completes(self, base):
        report = self.compare(base, ADDRESSES, 0)

        self.assertTrue(report["comparable"])
        self.assertFalse(report["interrupted"])
        self.assertEqual(report["items"], len(ADDRESSES))
        digest = report["cells"][0]["digest"]
        for cell in report["cells"]:
            with self.subTest(cell["cell"]):
                self.assertIs(cell["verified"], True)
                self.assertEqual(cell["items"], len(ADDRESSES))
                self.assertEqual(cell["completed"], len(ADDRESSES))
                self.assertEqual(
                    [cell[name] for name in
                     ("failed", "skipped", "lost", "not_run")], [0] * 4)
                self.assertEqual(cell["bytes"], BYTES)
                self.assertEqual(cell["digest"], digest)
                self.assertEqual(len(cell["runs"]), 1)
                self.assertEqual(cell["runs"][0]["errors"], [])
                if cell["pattern"] in ("semaphore", "queue", "pipeline"):
                    self.assertLessEqual(cell["peak_in_flight"], 4)

    def check_a_missing_page_fails_alone(self, base):
        addresses = ADDRESSES[:4] + ["none"] + ADDRESSES[4:]
        report = self.compare(base, addresses, 1)

        self.assertFalse(report["comparable"])
        for cell in report["cells"]:
            with self.subTest(cell["cell"]):
                self.assertIs(cell["verified"], False)
                self.assertEqual(cell["completed"], len(ADDRESSES))
                self.assertEqual(cell["failed"], 1)
                self.assertEqual(
                    [cell[name] for name in ("skipped", "lost", "not_run")],
                    [0] * 3)
                self.assertEqual(cell["bytes"], BYTES)
                run = cell["runs"][0]
                self.assertEqual(run["error_count"], 1)
                self.assertEqual(
                    [(error["item"], error["kind"]) for error in
                     run["errors"]], [(5, "http")])
                self.assertIn("404", run["errors"][0]["text"])

    def test_every_cell_downloads_from_pythons_http_server_in_http_1_0(self):
        with http_server(self.folder, self.own, "HTTP/1.0") as base:
            self.check_every_cell_completes(base)

    def test_every_cell_downloads_from_pythons_http_server_in_http_1_1(self):
        with http_server(self.folder, self.own, "HTTP/1.1") as base:
            self.check_every_cell_completes(base)

    def test_a_page_missing_on_pythons_http_server_fails_alone(self):
        with http_server(self.folder, self.own, "HTTP/1.0") as base:
            self.check_a_missing_page_fails_alone(base)

    @needs_nginx
    def test_every_cell_downloads_from_nginx(self):
        with nginx(self.folder, self.own) as base:
            self.check_every_cell_completes(base)

    @needs_nginx
    def test_a_page_missing_on_nginx_fails_alone(self):
        with nginx(self.folder, self.own) as base:
            self.check_a_missing_page_fails_alone(base)

    def test_a_server_that_is_not_there_fails_every_item(self):
        base = f"http://127.0.0.1:{free_port()}"
        report = self.compare(base, ADDRESSES, 1)
        for cell in report["cells"]:
            with self.subTest(cell["cell"]):
                self.assertEqual(cell["failed"], len(ADDRESSES))
                self.assertEqual({error["kind"] for error in
                                  cell["runs"][0]["errors"]}, {"refused"})


class Pages(http.server.ThreadingHTTPServer):
    """Answers request `n` (from 0) of a path with what `page(path, n)` says;
    None is a page that is not there."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, page):
        super().__init__(("127.0.0.1", 0), PageHandler)
        self.page = page
        self.asked = {}
        self.lock = threading.Lock()

    def count(self, path):
        with self.lock:
            self.asked[path] = self.asked.get(path, 0) + 1
            return self.asked[path] - 1

    def handle_error(self, request, client_address):
        pass  # a client that leaves in the middle is no news


class PageHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.server.page(self.path, self.server.count(self.path))
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *arguments):
        pass


class Learnt(InTemporaryDirectory):
    @contextlib.contextmanager
    def pages(self, page, names):
        """A server of `page`, and a list of `names` on it."""
        with Pages(page) as server:
            serving = threading.Thread(target=server.serve_forever)
            serving.start()
            try:
                base = "http://127.0.0.1:%d" % server.server_port
                (self.own / "urls.txt").write_text(
                    "".join(f"{base}/{name}\n" for name in names),
                    encoding="utf-8")
                yield server
            finally:
                server.shutdown()
                serving.join()

    def compare(self, cells, *more, status=0):
        done = interleave(self.own, "compare", "--urls", "urls.txt", "--cells",
                          cells, "--json", *more)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return json.loads(done.stdout)

    def test_the_server_is_asked_only_for_what_is_measured_or_learnt(self):
        names = [f"page{n}" for n in range(7)]
        with self.pages(lambda path, n: path.encode(), names) as server:
            self.compare("async/gather,threads/queue", "--runs", "2")
        # Learning, then three rounds of two cells.
        self.assertEqual(server.asked,
                         {f"/{name}": 1 + 3 * 2 for name in names})

    def test_a_server_that_was_slow_at_first_raises_no_ideal(self):
        def page(_, n):
            time.sleep(0.2 if n == 0 else 0)
            return b"x" * 100

        names = [f"page{n}" for n in range(10)]
        with self.pages(page, names):
            report = self.compare("async/queue,threads/queue,*/batches",
                                  "--runs", "2", "--limit", "2")
        for cell in report["cells"]:
            with self.subTest(cell["cell"]):
                self.assertGreater(cell["of_ideal"], 0)
                self.assertLessEqual(cell["of_ideal"], 1)
                for run in cell["runs"]:
                    self.assertLessEqual(cell["ideal_ns"], run["wall_ns"])

    def test_a_page_that_changes_is_said_to_have_changed(self):
        def page(_, n):
            return b"x" * (999 - n)

        with self.pages(page, ["page"]):
            report = self.compare("async/queue", "--runs", "1", status=1)
        cell = report["cells"][0]
        self.assertIsNone(cell["of_ideal"])
        error = cell["runs"][0]["errors"][0]
        self.assertEqual(error["kind"], "integrity")
        self.assertRegex(error["text"], "^changed since it was learnt: "
                         "997 bytes with .*, not 999 bytes with ")
        self.assertNotIn("truncated", report["conclusion"])

        with self.pages(page, ["page"]):
            done = interleave(self.own, "run", "async/queue", "--urls",
                              "urls.txt", "--events")
        text = done.stdout.decode()
        self.assertRegex(text, "failed: integrity: changed since")
        self.assertRegex(text, r"(?m)^ideal .*, bound by ")
        self.assertNotIn("reached", text)

    def test_no_kind_of_error_is_said_twice(self):
        with self.pages(lambda path, n: None, ["none"]):
            for arguments in (["compare", "--cells", "async/queue"],
                              ["compare", "--cells", "async/queue", "--csv"],
                              ["compare", "--cells", "async/queue",
                               "--markdown"],
                              ["run", "async/queue", "--events"]):
                with self.subTest(arguments):
                    done = interleave(self.own, *arguments, "--urls",
                                      "urls.txt", "--runs", "1")
                    text = done.stdout.decode()
                    self.assertIn("http 404", text)
                    self.assertNotIn("http: http", text)

    @needs_nginx
    def test_small_files_from_a_near_server_are_bound_by_cpu(self):
        folder = self.own / "served"
        folder.mkdir()
        names = [f"file{n}" for n in range(300)]
        for name in ["byte", *names]:
            (folder / name).write_bytes(name.encode() * 10)
        with nginx(folder, self.own) as base:
            (self.own / "urls.txt").write_text(
                "".join(f"{base}/{name}\n" for name in names),
                encoding="utf-8")
            report = self.compare("*", "--runs", "3")
        cells = report["cells"]
        bounds = [cell["bound"] for cell in cells]
        # With very many cores the limit is what is left to decide.
        self.assertGreaterEqual(bounds.count("cpu"), 0.8 * len(cells), bounds)
        for cell in cells:
            with self.subTest(cell["cell"]):
                self.assertGreater(cell["of_ideal"], 0)
                for run in cell["runs"]:
                    self.assertLessEqual(cell["ideal_ns"], run["wall_ns"])
        fastest = min(cells, key=lambda cell: cell["wall_ns"])
        self.assertEqual(fastest["bound"], "cpu")
        # The least CPU of any run is not far below that of the cheapest cell:
        # the share of the wall is the machine's affair, which may be busy.
        on_one_core = next(cell for cell in cells
                           if cell["cell"] == "async/gather")
        cheapest = min(cell["cpu_per_item_ns"] for cell in cells)
        self.assertGreater(on_one_core["ideal_ns"],
                           0.5 * len(names) * cheapest)
        self.assertIn("CPU", report["conclusion"])


if __name__ == "__main__":
    unittest.main(verbosity=2)  # says why a test was skipped
