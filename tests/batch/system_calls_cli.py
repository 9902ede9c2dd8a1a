"""A run of which one call of the system fails says so, loses nothing that it has stored, and goes on."""

import os
import re
import shutil
import subprocess
import unittest

import runs
from runs import program

# Every fault for RANKPOOL_SYSTEM_CALLS=1, every 67th for 67.
STEP = int(os.environ.get("RANKPOOL_SYSTEM_CALLS", "67"))
DISK = ["ENOSPC", "EIO", "EDQUOT"]
ERRORS = {
    "mkdir": DISK,
    "openat": [*DISK, "EINTR", "EMFILE", "EACCES"],
    "write": [*DISK, "EINTR"],
    "pwrite64": [*DISK, "EINTR"],
    "pread64": ["EIO", "EINTR"],
    "ftruncate": [*DISK, "EINTR"],
    "fsync": [*DISK, "EINTR"],
    "fdatasync": [*DISK, "EINTR"],
    "rename": DISK,
    "renameat": DISK,
    "unlink": ["EIO", "EACCES"],
    "unlinkat": ["EIO", "EACCES"],
    "fcntl": ["ENOLCK", "EINTR"],
    "newfstatat": ["EIO", "ENOMEM"],
}
FILES = [f"results.sqlite{end}" for end in ("", "-journal", "-wal", "-shm", ".new", ".new-journal", ".new-wal")] + [
    "run.lock",
    "run.log",
    "status.json",
    "report.html",
]
COUNT = 8
WORDS = ["--count", str(COUNT), "--progress", "none"]
SUM = f"{COUNT} squares, sum {sum(i * i for i in range(COUNT))}\n"


@unittest.skipUnless(shutil.which("strace"), "there is no strace here")
class SystemCallsCli(runs.RunsTest):
    def traced(self, call, log, *inject):
        """A run, with its calls that have to do with the run directory."""
        paths = [word for name in ("", *FILES) for word in ("-P", os.path.join(self.run_dir, name).rstrip("/"))]
        trace = ["strace", "-f", "-qq", "-o", log, *paths, "-e", f"trace={call}", *inject]
        words = program.command("run", "squares", "--run-dir", self.run_dir, "--journal", self.journal, *WORDS)
        return subprocess.run([*trace, *words], capture_output=True, timeout=120, check=False)

    def at(self, name):
        """From now on, runs are in this folder."""
        self.run_dir = self.folder / name
        self.journal = self.folder / f"{name}.journal"

    def numbers(self, call):
        """How often a run that nothing happens to makes the call."""
        self.at(call)
        log = self.folder / f"{call}.log"
        self.assertEqual(self.traced(call, log).returncode, 0)
        return len(re.findall(rf"\b{call}\(", log.read_text(errors="replace")))

    def check(self, call, number, error):
        """One run with one failing call, and the run that goes on."""
        self.at(f"{call}-{number}-{error}")
        done = self.traced(call, "/dev/null", "-e", f"inject={call}:error={error}:when={number}")
        err = done.stderr.decode()
        self.assertIn(done.returncode, (0, 2, 75), err)
        if done.returncode != 0:
            self.assertRegex(err, r"(?m)^rankpool: cannot .* \(.+\)")
        else:
            self.assertEqual(done.stdout.decode(), SUM, err)
        stored = self.query("select count(*) from results")[0][0] if (self.run_dir / "results.sqlite").exists() else None
        if done.returncode == 0:
            self.assertEqual(stored, COUNT, err)
        again = self.folder / "again"
        words = ["run", "squares", "--run-dir", self.run_dir, "--journal", again, *WORDS, *([] if stored is None else ["--resume"])]
        self.assertEqual(self.succeed(*words), SUM)
        self.assertEqual(len(self.executed(again)) if again.exists() else 0, COUNT - (stored or 0))
        again.unlink(missing_ok=True)

    def test_each_call_with_each_error(self):
        faults = [(call, number + 1, error) for call, errors in ERRORS.items() for number in range(self.numbers(call)) for error in errors]
        self.assertGreater(len(faults), 200)
        for fault in faults[::STEP]:
            with self.subTest(fault):
                self.check(*fault)


if __name__ == "__main__":
    runs.main()
