#!/usr/bin/env python3
"""`interleave compare --urls`: the user's own addresses, from servers that are
not ours, and lists that mean harm.

INTERLEAVE names the program. Every server listens on the loopback, on a free
port, and serves a temporary directory.
"""

import contextlib
import http.client
import http.server
import json
import os
import random
import re
import shutil
import socket
import socketserver
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
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


def interleave(folder, *arguments):
    return subprocess.run(
        [program(), *arguments], cwd=folder, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=PATIENCE, check=False)


def compare(urls, folder):
    """Every cell once; `urls` is a file in `folder`."""
    return interleave(folder, "compare", "--urls", urls, "--cells", "*",
                      "--runs", "1", "--limit", "4", "--json")


def write_files(folder):
    noise = random.Random(1)
    for name, size in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(noise.randbytes(size))


# ---- the servers -----------------------------------------------------------

def wait_until_it_serves(server, port, tls=False):
    """Whether it does; not when it ended before."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        try:
            connection = (
                http.client.HTTPSConnection(
                    "127.0.0.1", port, timeout=5,
                    context=ssl._create_unverified_context())
                if tls else http.client.HTTPConnection("127.0.0.1", port, 5))
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


class HandshakeServer(socketserver.ThreadingTCPServer):
    """Reads the beginning of a TLS handshake, and answers with `reply`; or
    resets the connection, where that is None."""
    daemon_threads = True

    def __init__(self, reply):
        self.reply = reply
        super().__init__(("127.0.0.1", 0), None)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        request.recv(1 if self.reply is None else 65536)
        if self.reply is None:
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        else:
            request.sendall(self.reply)
        request.close()

    def shutdown_request(self, request):
        self.close_request(request)


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
    listen 127.0.0.1:{port}{ssl};
    root "{folder}";
    {more}
  }}
}}
"""


def find_nginx():
    # A user's PATH has no sbin, where the package puts it.
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin"
    return shutil.which("nginx", path=path)


@contextlib.contextmanager
def nginx(folder, own, more="", tls=False):
    """nginx as packaged, in one process and without a trace outside `own`.
    It cannot be given port 0, hence the attempts. `more` are directives, which
    name a certificate where it is to speak `tls`."""
    said = ""
    for _ in range(5):
        port = free_port()
        conf = own / "nginx.conf"
        conf.write_text(NGINX_CONF.format(own=own, folder=folder, port=port,
                                          ssl=" ssl" if tls else "",
                                          more=more), encoding="utf-8")
        with open(own / "nginx.log", "w+", encoding="utf-8") as log:
            server = subprocess.Popen(
                [find_nginx(), "-e", "stderr", "-p", own, "-c", conf],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            with ended_with(server):
                if wait_until_it_serves(server, port, tls):
                    yield f"http{'s' if tls else ''}://127.0.0.1:{port}"
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


# ---- https -----------------------------------------------------------------

def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


def make_authority(folder, name):
    """NAME.key and NAME.pem, which is trusted where it is named."""
    openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout",
            "-out", f"{name}.key")
    openssl(folder, "req", "-x509", "-new", "-key", f"{name}.key", "-subj",
            f"/CN={name}", "-days", "2", "-out", f"{name}.pem")


def make_leaf(folder, name, host, days="2"):
    """NAME.key and NAME.pem for a host, signed by the authority `ours`."""
    openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout",
            "-out", f"{name}.key")
    openssl(folder, "req", "-new", "-key", f"{name}.key", "-subj",
            f"/CN={name}", "-out", f"{name}.csr")
    (folder / f"{name}.ext").write_text(f"subjectAltName={host}\n")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ours.pem",
            "-CAkey", "ours.key", "-CAcreateserial", "-days", days,
            "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def make_bundle(folder, name, count):
    """As many other authorities as a system trusts, with ours behind them."""
    openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout",
            "-out", "other.key")
    with open(folder / name, "wb") as bundle:
        for i in range(count):
            openssl(folder, "req", "-x509", "-new", "-key", "other.key",
                    "-subj", f"/O=Others/CN=other {i}", "-days", "2", "-out",
                    "other.pem")
            bundle.write((folder / "other.pem").read_bytes())
        bundle.write((folder / "ours.pem").read_bytes())


@unittest.skipUnless(find_nginx() and shutil.which("openssl"),
                     "nginx or openssl is not installed: `./run test` fetches "
                     "them on Debian and Ubuntu")
class Https(InTemporaryDirectory):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="url_list_test.")
        cls.addClassCleanup(folder.cleanup)
        cls.keys = Path(folder.name)
        make_authority(cls.keys, "ours")
        make_authority(cls.keys, "theirs")
        make_leaf(cls.keys, "here", "IP:127.0.0.1")
        make_leaf(cls.keys, "elsewhere", "DNS:example.org")
        make_leaf(cls.keys, "expired", "IP:127.0.0.1", "-1")

    def setUp(self):
        super().setUp()
        self.folder = self.own / "served"
        self.folder.mkdir()
        (self.folder / "byte").write_bytes(b"b")

    @contextlib.contextmanager
    def served(self, leaf="here", items=4):
        """A list of urls of a server with that certificate, which ends each
        connection."""
        more = (f'ssl_certificate "{self.keys}/{leaf}.pem"; '
                f'ssl_certificate_key "{self.keys}/{leaf}.key"; '
                "keepalive_timeout 0;")
        with nginx(self.folder, self.own, more, tls=True) as base:
            urls = self.own / "urls.txt"
            urls.write_text(f"{base}/byte\n" * items)
            yield urls

    def compare(self, urls, *arguments, cells="*/gather", runs=1,
                environment=None):
        plain = {name: value for name, value in os.environ.items()
                 if name not in ("CURL_CA_BUNDLE", "SSL_CERT_FILE",
                                 "SSL_CERT_DIR")}
        return subprocess.run(
            [program(), "compare", "--urls", urls, "--cells", cells, "--runs",
             str(runs), *arguments], cwd=self.keys,
            env={**plain, **(environment or {})}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE, check=False)

    def errors(self, urls, *arguments, environment=None):
        """The one error of every cell, as JSON."""
        done = self.compare(urls, "--json", *arguments,
                            environment=environment)
        self.assertEqual(done.returncode, 1, done.stderr)
        found = {(error["kind"], error["text"])
                 for cell in json.loads(done.stdout)["cells"]
                 for error in cell["runs"][0]["errors"]}
        self.assertEqual(len(found), 1, found)
        return found.pop()

    def test_every_cell_trusts_the_authority_of_cacert(self):
        with self.served() as urls:
            done = self.compare(urls, "--cacert", "ours.pem", "--json",
                                cells="*")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertIs(report["workload"]["insecure"], False)
        self.assertTrue(all(cell["completed"] == 4
                            for cell in report["cells"]))

    def test_the_environment_names_authorities_as_curl_reads_it(self):
        ours = str(self.keys / "ours.pem")
        hashed = self.own / "hashed"
        hashed.mkdir()
        shutil.copy(ours, hashed / "ours.pem")
        openssl(hashed, "rehash", ".")
        with self.served() as urls:
            for names in ({"SSL_CERT_FILE": ours}, {"CURL_CA_BUNDLE": ours},
                          {"SSL_CERT_DIR": f"/none:{hashed}"},
                          {"SSL_CERT_FILE": "theirs.pem",
                           "CURL_CA_BUNDLE": ours}):
                with self.subTest(names=names):
                    done = self.compare(urls, environment=names)
                    self.assertEqual(done.returncode, 0, done.stdout)
            # What is asked for with an option comes first.
            kind, _ = self.errors(urls, "--cacert", "theirs.pem",
                                  environment={"CURL_CA_BUNDLE": ours})
            self.assertEqual(kind, "certificate")

    def test_a_server_that_is_not_trusted_fails(self):
        with self.served() as urls:
            for arguments in ((), ("--cacert", "theirs.pem")):
                with self.subTest(arguments):
                    kind, text = self.errors(urls, *arguments)
                    self.assertEqual(kind, "certificate")
                    self.assertIn("issuer", text)
            shown = " ".join(self.compare(urls).stdout.split())
            self.assertIn("name its CA with --cacert FILE", shown)

    def test_an_expired_certificate_and_that_of_another_host_fail(self):
        for leaf, word in (("expired", "expired"), ("elsewhere", "127.0.0.1")):
            with self.subTest(leaf), self.served(leaf) as urls:
                kind, text = self.errors(urls, "--cacert", "ours.pem")
                self.assertEqual(kind, "certificate")
                self.assertIn(word, text)
                shown = " ".join(self.compare(urls, "--cacert", "ours.pem")
                                 .stdout.split())
                self.assertIn("do not check with --insecure", shown)

    def test_a_handshake_that_comes_to_nothing_has_the_kind_of_its_end(self):
        for reply, wanted in ((None, "reset"), (b"", "closed"),
                              (b"HTTP/1.1 400 Bad\r\n\r\n", "protocol"),
                              (b"\x15\3\3\0\2\2\x28", "protocol")):
            with self.subTest(reply), HandshakeServer(reply) as server:
                urls = self.own / "urls.txt"
                urls.write_text(
                    f"https://127.0.0.1:{server.server_address[1]}/\n" * 3)
                kind, _ = self.errors(urls, "--cacert", "ours.pem")
                self.assertEqual(kind, wanted)
                server.shutdown()

    def test_a_redirect_from_http_to_https_is_checked_too(self):
        with self.served() as urls, tempfile.TemporaryDirectory() as other:
            target = urls.read_text().split()[0]
            redirect = f"location /elsewhere {{ return 302 {target}; }}"
            with nginx(self.folder, Path(other), redirect) as base:
                urls.write_text(f"{base}/elsewhere\n" * 4)
                done = self.compare(urls, "--cacert", "ours.pem")
                self.assertEqual(done.returncode, 0, done.stdout)
                kind, _ = self.errors(urls, "--cacert", "theirs.pem")
                self.assertEqual(kind, "certificate")

    def test_insecure_takes_any_server_and_the_report_says_so(self):
        words = "https servers not checked (--insecure)"
        page = self.own / "page.html"
        for leaf in ("here", "expired", "elsewhere"):
            with self.subTest(leaf), self.served(leaf) as urls:
                for output in ("--wide", "--markdown", f"--html={page}"):
                    done = self.compare(urls, "--insecure", output)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn(words, " ".join(done.stdout.split()))
                self.assertIn(words, page.read_text())
                done = self.compare(urls, "--insecure", "--json")
                report = json.loads(done.stdout)
                self.assertIs(report["workload"]["insecure"], True)

    def test_files_without_certificates_are_refused_before_measuring(self):
        (self.own / "empty.pem").write_bytes(b"")
        (self.own / "broken.pem").write_bytes(
            (self.keys / "ours.pem").read_bytes() * 2
            + b"-----BEGIN CERTIFICATE-----\nAAAA\n"
            + b"-----END CERTIFICATE-----\n")
        urls = self.own / "urls.txt"
        urls.write_text("https://127.0.0.1:9/\n")
        none = "holds no certificates in PEM form"
        third = "certificate 3 cannot be read"
        ours = (self.keys / "ours.pem").read_bytes()
        (self.own / "short.pem").write_bytes(ours * 2 + ours[:len(ours) // 2])
        for name, word in (("none.pem", "No such file"), (".", "directory"),
                           ("short.pem", third),
                           ("empty.pem", none), ("broken.pem", third),
                           ("urls.txt", none)):
            file = str(self.own / name)
            for by in ("--cacert", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
                with self.subTest(name=name, by=by):
                    done = (self.compare(urls, by, file)
                            if by == "--cacert" else
                            self.compare(urls, environment={by: file}))
                    self.assertEqual(done.returncode, 2)
                    self.assertTrue(done.stderr.startswith(
                        f"interleave: {by}: {file}"), done.stderr)
                    self.assertIn(word, done.stderr)
        done = self.compare(urls, environment={"SSL_CERT_DIR": self.own})
        self.assertEqual(done.returncode, 2)
        self.assertIn("SSL_CERT_DIR: no certificate", done.stderr)

    def test_a_list_of_http_urls_needs_no_certificates(self):
        with nginx(self.folder, self.own) as base:
            (self.own / "urls.txt").write_text(f"{base}/byte\n")
            done = self.compare(self.own / "urls.txt", environment={
                "SSL_CERT_FILE": "none.pem"})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_connection_costs_no_more_with_many_authorities(self):
        make_bundle(self.keys, "many.pem", 144)

        def cpu_per_connection(urls, authorities):
            done = self.compare(urls, "--json", "--limit", "16", "--cacert",
                                authorities, cells="*", runs=3)
            self.assertEqual(done.returncode, 0, done.stderr)
            return {cell["cell"]: statistics.median(
                (run["cpu_user_ns"] + run["cpu_system_ns"]) / 1e6 / 100
                for run in cell["runs"])
                    for cell in json.loads(done.stdout)["cells"]}

        with self.served(items=100) as urls:
            one = cpu_per_connection(urls, "ours.pem")
            many = cpu_per_connection(urls, "many.pem")
        print("CPU per https connection, ms:", file=sys.stderr)
        for cell, cost in one.items():
            print(f"  {cell:22} {cost:.3f}, with 144 more authorities "
                  f"{many[cell]:.3f}", file=sys.stderr)
        # Read for each connection, they cost tens of milliseconds.
        ratios = [many[cell] / one[cell] for cell in one]
        self.assertLess(statistics.median(ratios), 1.25)
        self.assertLess(max(ratios), 3)
# ---- what is learnt of a list ----------------------------------------------


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

    @unittest.skipUnless(find_nginx(), "nginx is not installed: "
                         "`./run test` fetches it on Debian and Ubuntu")
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


# ---- lists that come through a pipe ----------------------------------------

class Piped(InTemporaryDirectory):
    """Nobody listens at the addresses: how many there were is what counts."""

    LIST = b"http://127.0.0.1:1/a\n\n# comment\nhttp://127.0.0.1:1/b"
    WORDS = ["--cells", "sequential/*,async/queue,processes/gather", "--runs",
             "1"]

    def check(self, words, name, **more):
        done = subprocess.run(
            [program(), *words, *self.WORDS, "--json"], cwd=self.own,
            capture_output=True, timeout=PATIENCE, check=False, **more)
        self.assertEqual(done.returncode, 1, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["workload"]["file"], name)
        self.assertEqual([cell["failed"] for cell in report["cells"]],
                         [2, 2, 2])

    def test_a_list_on_stdin_is_read_to_its_end(self):
        for words, name in ((["--urls", "-"], "stdin"),
                            (["--urls=-"], "stdin"),
                            (["compare", "--urls", "/dev/stdin"],
                             "/dev/stdin")):
            with self.subTest(words):
                self.check(words, name, input=self.LIST)

    def test_what_is_written_in_pieces_is_one_list(self):
        fifo = self.own / "fifo"
        os.mkfifo(fifo)
        writer = subprocess.Popen(
            ["sh", "-c", "exec >fifo; for c in http: / /127.0.0.1:1/a '\n' "
             "http://127.0.0.1: 1/b; do printf \"$c\"; sleep 0.1; done"],
            cwd=self.own)
        self.check(["--urls", "fifo"], "fifo")
        self.assertEqual(writer.wait(60), 0)

    def test_a_list_that_does_not_end_is_refused(self):
        with subprocess.Popen(["yes", "http://127.0.0.1:1/"],
                              stdout=subprocess.PIPE) as endless:
            done = subprocess.run(
                [program(), "--urls", "-"], stdin=endless.stdout,
                capture_output=True, timeout=PATIENCE, check=False)
            endless.stdout.close()
            endless.wait(60)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, b"interleave: stdin: is longer than 256 "
                         b"MiB: name a file of addresses\n")

    def test_a_list_that_is_too_long_is_refused_where_it_is(self):
        done = subprocess.run(
            [program(), "--urls", "-"], input=b"http://a/\n" * 1_000_001,
            capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, b"interleave: stdin:1000001:1: more than "
                         b"1000000 addresses: name a shorter list\n")

    def test_an_empty_stdin_is_no_list(self):
        done = subprocess.run(
            [program(), "--urls", "-"], stdin=subprocess.DEVNULL,
            capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, b"interleave: stdin:1:1: no address in "
                         b"it: write one http(s) address a line\n")

    def test_stdin_that_is_named_twice_is_not_blamed_for_what_it_holds(self):
        done = subprocess.run(
            [program(), "--urls", "-", "--cacert", "-"], input=self.LIST,
            capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, b"interleave: --cacert: stdin: can be "
                         b"read only once: name a file instead\n")

    def test_other_mistakes_are_told_before_anything_is_read(self):
        reader, writer = os.pipe()  # nobody writes to it
        with os.fdopen(reader), os.fdopen(writer):
            for words in (["--cells", "async/quue"], ["--limit", "0"],
                          ["--save", "/no/such/file"]):
                done = subprocess.run(
                    [program(), "--urls", "-", *words], stdin=reader,
                    capture_output=True, timeout=60, check=False)
                self.assertIn(done.returncode, (2, 5))


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
    "a host beyond ASCII": (GOOD + "http://b\u00fccher.de/\n".encode(), 2, 9,
                            "xn-- form"),
    "a letter in a path": ("http://a/caf\u00e9\n".encode(), 1, 13, "%C3%A9"),
    "a port too large": (GOOD + b" http://host:99999/\n", 2, 14,
                         "from 1 to 65535"),
    "no host": (b"http://:80/\n", 1, 8, "http://HOST/"),
    "a comment behind an address": (b"http://a/ # mine\n", 1, 10,
                                    "on a line of its own"),
    "a no-break space behind an address": ("http://a/\u00a0\n".encode(), 1, 10,
                                           "a no-break space: delete it"),
    "a byte order mark within": ("http://a/\n\ufeffhttp://a/\n".encode(), 2, 1,
                                 "a byte order mark: delete it"),
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

    def test_a_name_beyond_ascii_is_shown_as_it_is(self):
        name = "Caf\u00e9 \u65e5\u672c.txt"
        (self.own / name).write_bytes(b"ftp://a/\n")
        done = compare(name, self.own)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{name}:1:1: ", done.stderr.decode())

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
