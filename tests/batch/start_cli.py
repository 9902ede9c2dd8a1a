"""A run that is killed while it makes its files, at any call of the system, can be started again and resumed."""

import os
import shutil
import subprocess
import unittest

import runs
from runs import program


MOMENTS = os.environ.get("RANKPOOL_START_MOMENTS", "1 4 9 14 20")


class StartCli(runs.RunsTest):
    def resume(self, *words):
        """Goes on with the run; the words say whether that is asked for."""
        out, _ = self.squares("--count", "5", *words, ranks=None)
        self.assertEqual(out, "5 squares, sum 30\n")

    def start_killed(self, call, number):
        """False where the run was done before."""
        words = ["run", "squares", "--run-dir", self.run_dir, "--progress", "none", "--count", "5"]
        inject = f"inject={call}:signal=KILL:when={number}"
        trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", f"{self.run_dir}/results.sqlite.new", "-P", f"{self.run_dir}/results.sqlite"]
        done = subprocess.run([*trace, "-e", f"trace={call}", "-e", inject, *program.command(*words)], capture_output=True, timeout=60, check=False)
        return done.returncode != 0

    @unittest.skipUnless(shutil.which("strace"), "there is no strace here")
    def test_killed_while_it_begins(self):
        killed = 0
        for number in map(int, MOMENTS.split()):
            for again in [[], ["--resume"]]:
                with self.subTest(number=number, again=again):
                    self.run_dir = self.folder / f"run-{number}-{len(again)}"
                    killed += self.start_killed("pwrite64", number)
                    # The same start is refused only where there are results to go on with.
                    has_results = (self.run_dir / "results.sqlite").exists()
                    self.resume(*(["--resume"] if has_results else again))
                    self.assertFalse((self.run_dir / "results.sqlite.new").exists())
        self.assertGreater(killed, 3)

    def test_half_made_by_earlier_versions(self):
        for again in [[], ["--resume"]]:
            self.run_dir = self.folder / f"half-{len(again)}"
            self.run_dir.mkdir()
            (self.run_dir / "results.sqlite").write_bytes(b"")
            self.assertIn("there is no results.sqlite in it", self.fail_with(2, "export", self.run_dir))
            self.resume(*again)


if __name__ == "__main__":
    runs.main()
