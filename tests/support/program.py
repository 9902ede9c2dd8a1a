"""Runs the program rankpool as a person does, for the tests named *_cli.py: `program.py` parses PROGRAM MPIRUN..."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = sys.argv[1]
MPIRUN = sys.argv[2:]


def command(*words, ranks=None):
    """The words to type; without `ranks`, mpirun is left out."""
    start = [*MPIRUN, "-np", str(ranks)] if ranks else []
    return [*start, PROGRAM, *(word if isinstance(word, bytes) else str(word) for word in words)]


def is_sanitized():
    """True where the program has AddressSanitizer in it."""
    return b"__asan_init" in Path(PROGRAM).read_bytes()


# Where the program runs: run directories that nobody has named go into `runs` there.
_SCRATCH = tempfile.TemporaryDirectory()
SCRATCH = Path(_SCRATCH.name)


def run(*words, ranks=None, cwd=SCRATCH, stdin=b"", timeout=60, env=None):
    """What the program wrote and its exit code."""
    return subprocess.run(
        command(*words, ranks=ranks),
        capture_output=True,
        timeout=timeout,
        input=stdin,
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )


class ProgramTest(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name, content):
        """A file of the folder."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def succeed(self, *words, **how):
        """stdout of a run that must end with 0."""
        done = run(*words, **how)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def fail_with(self, code, *words, **how):
        """stderr of a run that must end with `code` and print nothing on stdout."""
        done = run(*words, **how)
        text = done.stderr.decode()
        self.assertEqual(done.returncode, code, text)
        self.assertEqual(done.stdout, b"")
        return text


def main():
    """Runs the tests of the file that was started."""
    unittest.main(module="__main__", argv=sys.argv[:1])
