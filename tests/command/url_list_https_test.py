"""`interleave compare --urls` over https: which servers it trusts, and at what
cost."""

import contextlib
import json
import os
import shutil
import socket
import socketserver
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from program import PROGRAM
from url_list_servers import PATIENCE, InTemporaryDirectory, find_nginx, nginx


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
            [PROGRAM, "compare", "--urls", urls, "--cells", cells, "--runs",
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


if __name__ == "__main__":
    unittest.main(verbosity=2)  # says why a test was skipped
