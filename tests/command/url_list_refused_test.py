"""Lists of addresses that come through pipes, and lists that mean harm."""

import json
import os
import subprocess
import unittest

from program import PROGRAM
from url_list_servers import PATIENCE, InTemporaryDirectory, compare


class Piped(InTemporaryDirectory):
    """Nobody listens at the addresses: how many there were is what counts."""

    LIST = b"http://127.0.0.1:1/a\n\n# comment\nhttp://127.0.0.1:1/b"
    WORDS = ["--cells", "sequential/*,async/queue,processes/gather", "--runs",
             "1"]

    def check(self, words, name, **more):
        done = subprocess.run(
            [PROGRAM, *words, *self.WORDS, "--json"], cwd=self.own,
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
                [PROGRAM, "--urls", "-"], stdin=endless.stdout,
                capture_output=True, timeout=PATIENCE, check=False)
            endless.stdout.close()
            endless.wait(60)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, b"interleave: stdin: is longer than 256 "
                         b"MiB: name a file of addresses\n")

    def test_a_list_that_is_too_long_is_refused_where_it_is(self):
        done = subprocess.run(
            [PROGRAM, "--urls", "-"], input=b"http://a/\n" * 1_000_001,
            capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, b"interleave: stdin:1000001:1: more than "
                         b"1000000 addresses: name a shorter list\n")

    def test_an_empty_stdin_is_no_list(self):
        done = subprocess.run(
            [PROGRAM, "--urls", "-"], stdin=subprocess.DEVNULL,
            capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, b"interleave: stdin:1:1: no address in "
                         b"it: write one http(s) address a line\n")

    def test_stdin_that_is_named_twice_is_not_blamed_for_what_it_holds(self):
        done = subprocess.run(
            [PROGRAM, "--urls", "-", "--cacert", "-"], input=self.LIST,
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
                    [PROGRAM, "--urls", "-", *words], stdin=reader,
                    capture_output=True, timeout=60, check=False)
                self.assertIn(done.returncode, (2, 5))


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
    unittest.main(verbosity=2)  # says why a test was skipped
