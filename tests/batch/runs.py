"""Shared by the tests of recorded runs: starts the test program and looks into the run directory."""

import json
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
import job
import program

wait_until = job.wait_until


class RunsTest(job.JobTest):
    """A test with runs of `squares` in its folder."""

    def setUp(self):
        super().setUp()
        self.run_dir = self.folder / "run"

    def squares(self, *words, ranks=2, code=0, **how):
        """Runs the job in the run directory; stdout, and stderr as its lines."""
        done = program.run("run", "squares", "--run-dir", self.run_dir, "--progress", "none", *words, ranks=ranks, **how)
        err = done.stderr.decode()
        self.assertEqual(done.returncode, code, err)
        return done.stdout.decode(), err.splitlines()

    def query(self, text, run_dir=None):
        """Rows of the database, which is sound; it is looked at as any other program would."""
        with sqlite3.connect((run_dir or self.run_dir) / "results.sqlite") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            rows = database.execute(text).fetchall()
        database.close()
        return rows

    def status(self):
        """What `status` tells, as a value."""
        return json.loads(self.succeed("status", self.run_dir, "--output-mode", "json"))

    def executed(self, journal):
        """The numbers whose tasks have been begun, in no order."""
        return sorted(int(line) for line in journal.read_text().split())


def main():
    """Runs the tests of the file that was started."""
    program.main()
