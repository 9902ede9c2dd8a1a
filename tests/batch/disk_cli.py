"""A disk that is full or a file that may not grow: the run stops with a sentence and 75, and goes on when there is room."""

import os
import resource
import subprocess
import unittest

import runs
from runs import program

# 50 MB of results.
WORDS = ["--count", "30000", "--bytes", "1500"]


class DiskCli(runs.RunsTest):
    def complete(self, stored):
        """The run goes on from what was stored."""
        journal = self.folder / "journal"
        out, _ = self.squares("--resume", "--journal", journal, *WORDS)
        self.assertEqual(out, f"30000 squares, sum {sum(i * i for i in range(30000))}\n")
        self.assertEqual(len(self.executed(journal)), 30000 - stored)

    def check_stopped(self, done):
        """How a run ends whose disk is full."""
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertRegex(done.stderr.decode(), r"rankpool: cannot store any more in .*; what was stored before is safe\). Make room")
        self.assertRegex(done.stderr.decode().splitlines()[-1], r"ok, 0 failed, 0 lost of 30000")

    def stored(self, done):
        """The number of stored results, which the run has told."""
        [(stored,)] = self.query("select count(*) from results")
        self.assertGreater(stored, 0)
        self.assertLess(stored, 30000)
        self.assertIn(f"{stored} ok, ", done.stderr.decode())
        return stored

    def test_a_file_that_may_not_grow(self):
        limit = 24 * 1024 * 1024  # more than Open MPI's shared memory
        done = subprocess.run(
            program.command("run", "squares", "--run-dir", self.run_dir, "--progress", "none", *WORDS),
            capture_output=True,
            timeout=60,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)),
        )
        self.check_stopped(done)
        self.complete(self.stored(done))

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount")
    def test_a_full_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", disk], check=False).returncode != 0:
            self.skipTest("no tmpfs may be mounted here")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        self.run_dir = disk / "run"
        words = ["run", "squares", "--run-dir", self.run_dir, "--progress", "none", *WORDS]
        first = program.run(*words, ranks=2)
        self.check_stopped(first)
        # Still full.
        again = program.run(*words, "--resume")
        self.assertEqual(again.returncode, 75, again.stderr)
        self.assertIn(b"cannot store any more", again.stderr)
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        self.complete(self.stored(first))


if __name__ == "__main__":
    runs.main()
