#!/usr/bin/env python3
"""`interleave compare --urls`: the user's own addresses, from servers that are
not ours, and lists that mean harm.

INTERLEAVE names the program. Every server listens on the loopback, on a free
port, and serves a temporary directory.
"""

import contextlib
import http.client
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PATIENCE = 300  # seconds for one compare: a sanitized build is slow

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
              "producers")
CELLS = (["sequential/one_by_one", "async/one_by_one"]
         + [f"{model}/{pattern}" for model in ("threads", "processes", "async")
            for pattern in CONCURRENT])
ONETBB_CELLS = [f"onetbb/{pattern}" for pattern in CONCURRENT]


def program():
    path = os.environ.get("INTERLEAVE", "")
    if not os.access(path, os.X_OK):
        sys.exit("url_list_test: INTERLEAVE must name the program, "
                 f"not {path!r}")
    return os.path.abspath(path)


def compare(urls, folder):
    """Every cell once; `urls` is a file in `folder`."""
    return subprocess.run(
        [program(), "compare", "--urls", urls, "--cells", "*", "--runs", "1",
         "--limit", "4", "--json"],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=PATIENCE, check=False)


def write_files(folder):
    noise = random.Random(1)
    for name, size in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(noise.randbytes(size))


# ---- the servers -----------------------------------------------------------

def wait_until_it_serves(server, port):
    """Whether it does; not when it ended before."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, 5)
            connection.request("GET", "/byte")
            served = connection.getresponse().status == 200
            connection.close()
            # Another server may have taken the port in the meantime.
            return served and server.poll() is None
        except OSError:
            time.sleep(0.05)
    return False


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def ended_with(server):
    try:
        yield
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


NGINX_CONF = """\
daemon off;
master_process off;
pid "{own}/nginx.pid";
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path "{own}/body";
  proxy_temp_path "{own}/proxy";
  fastcgi_temp_path "{own}/fastcgi";
  uwsgi_temp_path "{own}/uwsgi";
  scgi_temp_path "{own}/scgi";
  server {{
    listen 127.0.0.1:{port};
    root "{folder}";
  }}
}}
"""


def find_nginx():
    # A user's PATH has no sbin, where the package puts it.
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin"
    return shutil.which("nginx", path=path)


@contextlib.contextmanager
def nginx(folder, own):
    """nginx as packaged, in one process and without a trace outside `own`.
    It cannot be given port 0, hence the attempts."""
    said = ""
    for _ in range(5):
        port = free_port()
        conf = own / "nginx.conf"
        conf.write_text(NGINX_CONF.format(own=own, folder=folder, port=port),
                        encoding="utf-8")
        with open(own / "nginx.log", "w+", encoding="utf-8") as log:
            server = subprocess.Popen(
                [find_nginx(), "-e", "stderr", "-p", own, "-c", conf],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            with ended_with(server):
                if wait_until_it_serves(server, port):
                    yield f"http://127.0.0.1:{port}"
                    return
            log.seek(0)
            said = log.read()
    raise RuntimeError(f"nginx does not serve: {said}")


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


# ---- lists that are served -------------------------------------------------

class InTemporaryDirectory(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="url_list_test.")
        self.addCleanup(folder.cleanup)
        self.own = Path(folder.name)


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

    @unittest.skipUnless(find_nginx(), "nginx is not installed: "
                         "`./run test` fetches it on Debian and Ubuntu")
    def test_every_cell_downloads_from_nginx(self):
        with nginx(self.folder, self.own) as base:
            self.check_every_cell_completes(base)

    @unittest.skipUnless(find_nginx(), "nginx is not installed: "
                         "`./run test` fetches it on Debian and Ubuntu")
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


# ---- lists that are refused ------------------------------------------------

GOOD = b"http://127.0.0.1:9/ok\n"

# What is in the list, the line and column it is refused at, a word of why.
REFUSED = {
    "a NUL": (b"# fine\n\nhttp://a/\0b\n", 3, 10, "0x00"),
    "a CR inside": (b"http://a/\rHost: b\n", 1, 10, "0x0d"),
    "a CR LF header": (GOOD + b"http://a/ HTTP/1.1\r\nX: y\r\n", 2, 10, "0x20"),
    "a tab inside": (b"http://a/\tb\n", 1, 10, "0x09"),
    "an escape code": (b"http://a/\x1b[2J\n", 1, 10, "0x1b"),
    "DEL": (GOOD + b"http://a/\x7f", 2, 10, "0x7f"),
    "a byte that is not UTF-8": (GOOD * 2 + b"http://a/b\xff\n", 3, 11,
                                 "0xff"),
    "a UTF-8 sequence cut short": (b"http://a/\xc3", 1, 10, "0xc3"),
    "a letter that is not ASCII": (b"http://\xc3\xa9/\n", 1, 8, "0xc3"),
    "a NUL between lines": (GOOD + b"\0\n" + GOOD, 2, 1, "0x00"),
    "an escape code alone": (b"\x1b]0;title\x07\n", 1, 1, "0x1b"),
    "a line of 10 MB": (GOOD + b"http://a/" + b"x" * 10_000_000 + b"\n", 2, 1,
                        "10000009"),
    "10 MB without a line": (b"x" * 10_000_000, 1, 1, "http://"),
    "ftp": (GOOD + b"   ftp://127.0.0.1/x\n", 2, 4, "http://"),
    "a file": (b"file:///etc/passwd\n", 1, 1, "http://"),
    "sleep, which is not the user's": (b"sleep:1ms\n", 1, 1, "http://"),
    "a name without a scheme": (GOOD + b"\r\nlocalhost/x\n", 3, 1, "http://"),
    "a scheme without a name": (b"http://\n", 1, 1, "http://"),
    "an option": (b"--output=x\n", 1, 1, "http://"),
    "nothing": (b"", 1, 1, "address"),
    "only blanks and comments": (b"\n \r\n# http://a/\n#\0\x1b[2J\n", 1, 1,
                                 "address"),
    "only a byte order mark": (b"\xef\xbb\xbf", 1, 1, "address"),
    "UTF-16": ("http://a/\n".encode("utf-16"), 1, 1, "0xff"),
}


class Refused(InTemporaryDirectory):
    def message_of(self, urls):
        """The one line said on stderr, which is inert and not long."""
        done = compare(urls, self.own)
        self.assertEqual(done.returncode, 2, done.stderr[:2000])
        self.assertEqual(done.stdout, b"")
        self.assertLess(len(done.stderr), 1000)
        self.assertTrue(done.stderr.endswith(b"\n"))
        self.assertNotRegex(done.stderr[:-1], rb"[^ -~]")
        return done.stderr.decode().rstrip("\n")

    def test_a_hostile_list_is_refused_where_it_is_hostile(self):
        for name, (text, line, column, word) in REFUSED.items():
            with self.subTest(name):
                (self.own / "urls.txt").write_bytes(text)
                message = self.message_of("urls.txt")
                place = f"urls.txt:{line}:{column}: "
                self.assertTrue(
                    message.removeprefix("interleave: ").startswith(place),
                    f"{message!r} does not start with {place!r}")
                self.assertIn(word, message)

    def test_a_list_that_is_not_there_is_named(self):
        message = self.message_of("none.txt")
        self.assertIn("none.txt", message)
        self.assertIn("No such file", message)

    def test_a_directory_is_no_list(self):
        (self.own / "lists").mkdir()
        message = self.message_of("lists")
        self.assertIn("lists", message)
        self.assertIn("directory", message)

    def test_an_empty_name_is_no_file(self):
        self.assertIn("--urls", self.message_of(""))

    def test_a_hostile_name_of_a_list_is_inert(self):
        name = b"a\x1b[31m\r\n\xff.txt"
        self.assertIn("\\x1b", self.message_of(name))
        with open(os.path.join(os.fsencode(self.own), name), "wb") as urls:
            urls.write(b"ftp://a/\n")
        message = self.message_of(name)
        self.assertRegex(message, r"\\x1b.*:1:1: ")


if __name__ == "__main__":
    program()
    unittest.main(verbosity=2)  # says why a test was skipped
