#!/usr/bin/env python3
"""Servers that close connections, say more than they were asked or have a name
that is slow to look up. No item fails because a kept connection had gone, none
is given bytes that belong to no reply, and no look-up outlasts --timeout.

INTERLEAVE names the program. Every server listens on the loopback.
"""

import json
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from program import PROGRAM

PATIENCE = 300  # seconds for one command: a sanitized build is slow
SOME_CELLS = "*/one_by_one,*/queue,async/gather"
STRAY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"


# ---- the server ------------------------------------------------------------

def body_of(number):
    """No two are of the same length, and some fill a receive buffer."""
    return b"%d\n" % number * (number + 10 if number % 3 else number * 50)


class Client:
    """The server's end of one connection."""

    def __init__(self, connection):
        self.connection = connection
        self.stream = connection.makefile("rb")

    def request(self):
        """The number asked for, None when the client has gone."""
        line = self.stream.readline()
        while self.stream.readline() not in (b"\r\n", b""):
            pass
        return int(line.split()[1].rsplit(b"/", 1)[1]) if line else None

    def send(self, data):
        self.connection.sendall(data)

    def reply(self, number, head=b"HTTP/1.1 200 OK", more=b""):
        body = body_of(number)
        self.send(b"%s\r\nContent-Length: %d\r\n\r\n" % (head, len(body))
                  + body + more)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))


class Server:
    """Serves each connection as `behave(client, log)` does, on a thread of its
    own, over `tls` if that is given; whatever `behave` returns, the connection
    is closed then. It writes the numbers it was asked for into the log."""

    def __init__(self, behave, tls=None):
        self.behave = behave
        self.tls = tls
        self.log = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        scheme = "https" if tls else "http"
        self.base = f"{scheme}://127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=[connection],
                             daemon=True).start()

    def serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            client = Client(connection)
            with client.stream:
                self.behave(client, self.log)
        except OSError:
            pass  # the client has gone
        finally:
            connection.close()


def requests(client, log):
    """The numbers asked for over one connection, one after the other."""
    while (number := client.request()) is not None:
        log.append(number)
        yield number


# Ways to end a connection that a client may want to use again.

def keep_open(client, log):
    for number in requests(client, log):
        client.reply(number)


def close_announced(client, log):
    for number in requests(client, log):
        return client.reply(number, b"HTTP/1.1 200 OK\r\nConnection: close")


def close_unannounced(client, log):
    for number in requests(client, log):
        return client.reply(number)


def close_at_the_second_request(client, log):
    for number in requests(client, log):
        client.reply(number)
        for _ in requests(client, log):
            return


def reset_at_the_second_request(client, log):
    close_at_the_second_request(client, log)
    client.reset()


def close_after_an_interim_reply(client, log):
    for number in requests(client, log):
        client.reply(number)
        for _ in requests(client, log):
            return client.send(b"HTTP/1.1 100 Continue\r\n\r\n")


def close_while_the_next_request_comes(client, log):
    for number in requests(client, log):
        client.reply(number)
        time.sleep(number % 7 * 3e-5)
        return


def close_with_a_tls_notice(client, log):
    for number in requests(client, log):
        client.reply(number)
        client.connection.settimeout(0.05)
        client.connection.unwrap()
        return


def close_every_third(client, log):
    for i, number in enumerate(requests(client, log)):
        if i == 2:
            return client.reply(number,
                                b"HTTP/1.1 200 OK\r\nConnection: close")
        client.reply(number)


def close_http_1_0(client, log):
    for number in requests(client, log):
        return client.reply(number, b"HTTP/1.0 200 OK")


def give_up_with_408(client, log):
    for number in requests(client, log):
        client.reply(number)
        for _ in requests(client, log):
            return client.send(b"HTTP/1.1 408 Request Timeout\r\n"
                               b"Connection: close\r\nContent-Length: 0\r\n"
                               b"\r\n")


def interim_replies(client, log):
    for number in requests(client, log):
        client.send(b"HTTP/1.1 100 Continue\r\n\r\n"
                    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        client.reply(number)


# Ways to say more than was asked for.

def stray_with_the_body(client, log):
    for number in requests(client, log):
        body = body_of(number)
        client.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
                    % len(body))
        time.sleep(0.001)  # the body is read by itself, to its last byte
        client.send(body + STRAY)


def stray_behind_a_redirect(client, log):
    for number in requests(client, log):
        if number >= 1000:
            client.reply(number - 1000)
        else:
            client.send(b"HTTP/1.1 302 Found\r\nContent-Length: 30000\r\n"
                        b"Location: /%d\r\n\r\n" % (number + 1000))
            time.sleep(0.001)
            client.send(b"x" * 30000 + STRAY)


def timeout_on_an_idle_connection(client, log):
    for number in requests(client, log):
        client.reply(number, more=b"HTTP/1.1 408 Request Timeout\r\n"
                     b"Connection: close\r\nContent-Length: 0\r\n\r\n")


class InTemporaryDirectory(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="connection_test.")
        self.addCleanup(folder.cleanup)
        self.own = Path(folder.name)

    def write_list(self, urls):
        (self.own / "urls.txt").write_text("\n".join(urls), encoding="utf-8")

    def interleave(self, *arguments, status=0, **how):
        done = subprocess.run(
            [PROGRAM, *arguments, "--urls", "urls.txt", "--json"],
            cwd=self.own, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=PATIENCE, check=False, **how)
        self.assertEqual(done.returncode, status,
                         done.stderr.decode(errors="replace"))
        return json.loads(done.stdout)

    def run_items(self, cell, *arguments, status=0, **how):
        """What became of the items in the first run that is reported."""
        report = self.interleave("run", cell, *arguments, status=status, **how)
        return report["runs"][0]["items"]


class KeptConnections(InTemporaryDirectory):
    def check_every_item_completes(self, behave, cells, items):
        """Returns the server's log, and how many runs it has at least."""
        with Server(behave) as server:
            self.write_list(f"{server.base}/{i}" for i in range(1, items + 1))
            report = self.interleave("compare", "--cells", cells, "--runs",
                                     "1", "--limit", "16")
        total = sum(len(body_of(i)) for i in range(1, items + 1))
        for cell in report["cells"]:
            with self.subTest(cell["cell"]):
                self.assertIs(cell["verified"], True)
                self.assertEqual(cell["completed"], items)
                self.assertEqual(cell["bytes"], total)
                self.assertEqual(cell["runs"][0]["errors"], [])
        return server.log, 1 + len(report["cells"])

    def test_a_server_that_announces_each_close_is_asked_once_for_each(self):
        log, runs = self.check_every_item_completes(close_announced, "*", 200)
        self.assertGreaterEqual(runs, 20)
        self.assertGreaterEqual(len(log), runs * 200)
        self.assertEqual(len(log) % 200, 0)

    def test_a_server_that_closes_after_each_reply_costs_no_item(self):
        log, runs = self.check_every_item_completes(close_unannounced, "*",
                                                    200)
        self.assertGreaterEqual(len(log), runs * 200)

    def test_a_server_that_closes_at_each_second_request_costs_no_item(self):
        log, runs = self.check_every_item_completes(
            close_at_the_second_request, "*", 200)
        # What met a connection that had gone was asked for again.
        self.assertGreater(len(log), runs * 200)

    def test_interim_replies_are_no_replies(self):
        log, _ = self.check_every_item_completes(interim_replies, SOME_CELLS,
                                                 30)
        self.assertEqual(len(log) % 30, 0)

    def test_a_stray_reply_is_not_the_next_items(self):
        self.check_every_item_completes(stray_with_the_body, "*", 60)

    def test_a_stray_reply_is_not_that_of_a_redirect(self):
        with Server(stray_behind_a_redirect) as server:
            self.write_list(f"{server.base}/{i}" for i in range(1, 61))
            for cell in ("sequential/one_by_one", "async/queue"):
                for i, item in enumerate(self.run_items(cell), 1):
                    self.assertEqual(item["bytes"], len(body_of(i)), cell)

    def test_a_stray_reply_that_comes_later_meets_nobody(self):
        """The first server says it while the second is asked."""
        heard = threading.Event()

        def stray_later(client, log):
            for number in requests(client, log):
                heard.clear()
                client.reply(number)
                time.sleep(0.02)
                client.send(STRAY)
                heard.set()

        def slow(client, log):
            for number in requests(client, log):
                heard.wait(10)
                client.reply(number)

        with Server(stray_later) as first, Server(slow) as second:
            self.write_list(f"{(second, first)[i % 2].base}/{i}"
                            for i in range(1, 31))
            for cell in ("sequential/one_by_one", "async/one_by_one"):
                for i, item in enumerate(self.run_items(cell), 1):
                    self.assertEqual(item["bytes"], len(body_of(i)), cell)


for behave in (reset_at_the_second_request, close_after_an_interim_reply,
               close_while_the_next_request_comes, close_every_third, close_http_1_0, give_up_with_408,
               timeout_on_an_idle_connection):
    def test(self, behave=behave):
        self.check_every_item_completes(behave, SOME_CELLS, 60)
    setattr(KeptConnections, f"test_no_item_fails_with_{behave.__name__}",
            test)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class KeptTlsConnections(InTemporaryDirectory):
    def setUp(self):
        super().setUp()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "tls.key",
             "-out", "tls.pem", "-subj", "/CN=localhost"],
            cwd=self.own, check=True, capture_output=True)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.own / "tls.pem", self.own / "tls.key")

    def check_every_item_has_its_body(self, behave):
        """Returns the server's connections by the runs of one cell."""
        with Server(behave, self.tls) as server:
            self.write_list(f"{server.base}/{i}" for i in range(1, 31))
            for cell in ("sequential/one_by_one", "threads/queue",
                         "async/queue"):
                for i, item in enumerate(self.run_items(cell, "--insecure"), 1):
                    self.assertEqual(item["bytes"], len(body_of(i)), cell)
        return server.connections

    def test_a_connection_that_is_fit_is_used_again(self):
        # What TLS sends beside the replies is no reason to drop it.
        self.assertLess(self.check_every_item_has_its_body(keep_open), 90)

    def test_a_stray_reply_in_the_record_of_a_body_is_not_the_next_items(self):
        self.check_every_item_has_its_body(stray_with_the_body)

    def test_no_item_fails_when_kept_connections_close(self):
        for behave in (close_unannounced, close_with_a_tls_notice,
                       close_at_the_second_request,
                       reset_at_the_second_request):
            with self.subTest(behave.__name__):
                self.check_every_item_has_its_body(behave)


# ---- names that are slow to look up ----------------------------------------

SLOW = 60  # seconds that such a name takes
SLOW_LOOK_UP = """\
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

extern "C" int getaddrinfo(const char* name, const char* service,
                           const addrinfo* hints, addrinfo** found) {
  const bool slow = name && strstr(name, "slow.") == name;
  if (slow) sleep(%d);
  using LookUp = int(const char*, const char*, const addrinfo*, addrinfo**);
  static auto* const next =
      reinterpret_cast<LookUp*>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return next(slow ? "127.0.0.1" : name, service, hints, found);
}
""" % SLOW


@unittest.skipIf("san/" in os.environ.get("INTERLEAVE", ""),
                 "a sanitizer must be the first library that is loaded")
class SlowLookUps(InTemporaryDirectory):
    def setUp(self):
        super().setUp()
        shim = self.own / "slow.so"
        subprocess.run(
            ["g++", "-shared", "-fPIC", "-x", "c++", "-", "-o", shim, "-ldl"],
            input=SLOW_LOOK_UP.encode(), check=True)
        self.environment = {**os.environ, "LD_PRELOAD": str(shim)}

    def slow_names(self, server, slow, healthy):
        """Urls whose names are slow, among others."""
        port = server.base.rsplit(":", 1)[1]
        self.write_list(
            [f"http://slow.{i}.test:{port}/{i}" for i in range(1, slow + 1)]
            + [f"{server.base}/{i}" for i in range(1, healthy + 1)])

    def test_the_time_limit_holds_and_others_complete_in_every_model(self):
        with Server(keep_open) as server:
            self.slow_names(server, 2, 20)
            report = self.interleave(
                "compare", "--cells", "sequential/*,*/queue,async/gather",
                "--runs", "1", "--limit", "2", "--timeout", "1s", status=1,
                env=self.environment)
        for cell in report["cells"]:
            with self.subTest(cell["cell"]):
                run = cell["runs"][0]
                self.assertEqual([(error["item"], error["kind"])
                                  for error in run["errors"]],
                                 [(1, "timeout"), (2, "timeout")])
                self.assertEqual(cell["completed"], 20)
                self.assertLess(run["wall_ns"], SLOW * 1e9 / 2)

    def test_what_ends_a_run_does_not_wait_for_a_look_up(self):
        for cell in ("sequential/one_by_one", "processes/queue",
                     "async/queue"):
            with self.subTest(cell), Server(keep_open) as server:
                self.slow_names(server, 2, 0)
                began = time.monotonic()
                items = self.run_items(cell, "--deadline", "500ms", status=1,
                                       env=self.environment)
                self.assertLess(time.monotonic() - began, SLOW)
                self.assertEqual(items[0]["error"]["kind"], "cancelled")

    def test_ctrl_c_does_not_wait_for_a_look_up(self):
        with Server(keep_open) as server:
            self.slow_names(server, 2, 0)
            began = time.monotonic()
            run = subprocess.Popen(
                [PROGRAM, "run", "async/queue", "--urls", "urls.txt"],
                cwd=self.own, env=self.environment, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            time.sleep(0.5)
            run.send_signal(signal.SIGINT)
            self.assertEqual(run.wait(PATIENCE), 130)
            self.assertLess(time.monotonic() - began, SLOW)


if __name__ == "__main__":
    unittest.main(verbosity=2)
