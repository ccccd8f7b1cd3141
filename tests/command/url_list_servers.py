"""Servers that are not ours, and `interleave compare --urls` on lists of what
they serve. Every server listens on the loopback, on a free port, and
serves a temporary directory.
"""

import contextlib
import http.client
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from program import PROGRAM

PATIENCE = 300  # seconds for one compare: a sanitized build is slow


def interleave(folder, *arguments):
    return subprocess.run(
        [PROGRAM, *arguments], cwd=folder, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=PATIENCE, check=False)


def compare(urls, folder):
    """Every cell once; `urls` is a file in `folder`."""
    return interleave(folder, "compare", "--urls", urls, "--cells", "*",
                      "--runs", "1", "--limit", "4", "--json")


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


needs_nginx = unittest.skipUnless(
    find_nginx(), "nginx is not installed: `./run test` fetches it on Debian "
    "and Ubuntu")


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


class InTemporaryDirectory(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="url_list_test.")
        self.addCleanup(folder.cleanup)
        self.own = Path(folder.name)
