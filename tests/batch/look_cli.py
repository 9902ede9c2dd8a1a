"""Who looks at a run changes nothing and stops nobody, whether it is at work, has died or belongs to another."""

import fcntl
import json
import os
import signal
import sqlite3
import struct
import subprocess

import runs
from runs import program

SHARED_FIRST, SHARED_SIZE = 0x40000002, 510  # the bytes that SQLite's readers lock
NOBODY = 65534


def by_nobody():
    """In a process that is to look as another user."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


class LookCli(runs.RunsTest):
    def begin(self):
        """A run in the background that has stored something."""
        job = self.start("run", "squares", "--run-dir", str(self.run_dir), "--count", "4000", "--nap", "2000")
        status = self.run_dir / "status.json"
        runs.wait_until(lambda: status.exists() and '"ok": 0,' not in status.read_text(), 20, "something is done")
        return job

    def content(self):
        """Everything in the folder, with when it was changed."""
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in self.run_dir.iterdir()}

    def check_rows(self, text):
        """Rows that are all right, and some of them."""
        rows = [json.loads(line) for line in text.splitlines()]
        self.assertGreater(len(rows), 0)
        for row in rows:
            self.assertEqual(row["result_number"], row["number"] ** 2)
        return len(rows)

    def look(self, how=None, grows=False):
        """The rows that are seen, by a process that `how` prepares; of a run at work there are more each time."""
        outs = []
        for words in [["status"], ["status", "--output-mode", "json"], ["export", "--format", "csv"], ["export", "--format", "jsonl"]]:
            done = subprocess.run(program.command(words[0], self.run_dir, *words[1:]), capture_output=True, timeout=60, preexec_fn=how, cwd="/")
            self.assertEqual(done.returncode, 0, done.stderr)
            outs.append(done.stdout.decode())
        (self.assertLessEqual if grows else self.assertEqual)(len(outs[2].splitlines()) - 1, self.check_rows(outs[3]))
        return outs

    def test_a_run_at_work(self):
        job = self.begin()
        outs = self.look(grows=True)
        self.assertIn("squares  running", outs[0])
        self.succeed("report", self.run_dir)
        if os.geteuid() == 0:
            self.folder.chmod(0o755)
            self.assertIn("squares  running", self.look(by_nobody, grows=True)[0])
        # Any SQLite, and one that goes on reading.
        plain = sqlite3.connect(self.run_dir / "results.sqlite")
        reading = plain.execute("select number, result_number from results")
        number, square = reading.fetchone()
        self.assertEqual(square, number**2)
        os.kill(job.pid, signal.SIGUSR1)
        code, _, err = job.end(30)
        self.assertEqual(code, 75, err)
        reading.fetchall()
        plain.close()
        self.squares("--count", "4000", "--resume", ranks=None)

    def test_a_run_that_was_killed(self):
        job = self.begin()
        acknowledged = lambda: json.loads((self.run_dir / "status.json").read_text())["ok"]
        runs.wait_until(lambda: acknowledged() > 1200, 30, "more is done than may be lost")
        job.kill()
        job.child.wait()
        runs.wait_until(lambda: not job.processes(), 10, "all are dead")
        self.assertTrue((self.run_dir / "results.sqlite-wal").exists())
        before = self.content()
        outs = self.look()
        self.assertIn("squares  died", outs[0])
        seen = len(outs[3].splitlines())
        # Those of half a second, a thousand at most each second, and of the time that storing them takes.
        self.assertLessEqual(acknowledged() - 700, seen)
        self.assertEqual(self.content(), before)
        if os.geteuid() == 0:
            # A colleague, who may only read.
            self.folder.chmod(0o755)
            self.assertEqual(self.look(by_nobody)[2:], outs[2:])
            self.assertEqual(self.content(), before)
            done = subprocess.run(program.command("status", "/root/x/y"), capture_output=True, timeout=20, preexec_fn=by_nobody, cwd="/")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.look_at_read_only_copy(outs)
        out, _ = self.squares("--count", "4000", "--resume", ranks=None)
        self.assertEqual(out, f"4000 squares, sum {sum(i * i for i in range(4000))}\n")

    def test_a_run_that_was_killed_when_it_went_on(self):
        self.squares("--count", "11", "--limit", "10")
        first = (self.run_dir / "status.json").read_text()
        self.assertIn("done", self.status()["state"])
        job = self.start("run", "squares", "--run-dir", str(self.run_dir), "--count", "11", "--hanging", "10", "--resume")
        at_work = lambda: self.query("select count(*) from sessions") == [(2,)] and (self.run_dir / "status.json").read_text() != first
        runs.wait_until(at_work, 20, "it is at work")
        for process in job.processes():
            os.kill(process.pid, signal.SIGSTOP)
        # As it is before anything is told in this session.
        (self.run_dir / "status.json").write_text(first)
        status = self.status()
        self.assertEqual((status["state"], status["ok"], status.get("total")), ("running", 10, None))
        self.assertTrue(self.succeed("status", self.run_dir).startswith("squares  running\n10 ok, 0 failed, 0 lost"))
        job.kill()
        job.child.wait()
        runs.wait_until(lambda: not job.processes(), 10, "all are dead")
        status = self.status()
        self.assertEqual((status["state"], status["ok"], status.get("total")), ("died", 10, None))
        self.squares("--count", "11", "--resume")
        self.assertEqual(self.status()["state"], "done")

    def look_at_read_only_copy(self, outs):
        """The same on a file system that cannot be written."""
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], check=False).returncode != 0:
            return
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        subprocess.run(["cp", "-r", self.run_dir, disk / "run"], check=True)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        was, self.run_dir = self.run_dir, disk / "run"
        self.assertEqual(self.look()[2:], outs[2:])
        self.run_dir = was

    def test_a_reader_of_another_does_not_end_a_run_for_good(self):
        self.squares("--count", "10")
        with open(self.run_dir / "results.sqlite", "rb") as file:
            fcntl.fcntl(file, fcntl.F_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, SHARED_FIRST, SHARED_SIZE, 0))
            self.look()
            _, err = self.squares("--count", "10", "--resume", code=75, ranks=None)
            self.assertIn("another process has locked it", err[0])
        out, _ = self.squares("--count", "10", "--resume", ranks=None)
        self.assertEqual(out, "10 squares, sum 285\n")

    def test_what_is_no_run(self):
        for name in ["x" * 300, "none/none"]:
            self.assertIn("cannot", self.fail_with(2, "status", self.folder / name))
        (self.folder / "loop").symlink_to("loop")
        for command in ["status", "export", "report"]:
            self.assertIn("cannot", self.fail_with(2, command, self.folder / "loop"))


if __name__ == "__main__":
    runs.main()
