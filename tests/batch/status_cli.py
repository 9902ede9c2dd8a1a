"""What `status` tells of a run that is at work: which worker is at which task, and since when."""

import fcntl
import json
import os
import pty
import re
import signal
import sqlite3
import struct
import subprocess
import termios
import time

import runs


class StatusCli(runs.RunsTest):
    def start_squares(self, *words, ranks=2, workers=1):
        """Starts a run with one task that sleeps for a minute, among many that are quick."""
        words = ["run", "squares", "--run-dir", self.run_dir, "--progress", "none", "--hanging", "70", *words]
        job = self.start_words(["env", f"RANKPOOL_WORKERS_PER_RANK={workers}", *runs.program.command(*words, ranks=ranks)])
        runs.wait_until(lambda: (self.run_dir / "status.json").exists(), 20, "the status file")
        return job

    def at_task(self, task, status=None):
        """The worker that is at this task, if one is; now, or when this was written."""
        workers = (status or self.status())["workers"]
        return next((w for w in workers if w.get("task") == task and w["doing"] == "task"), None)

    def stop(self, job):
        """Ends it at once."""
        os.kill(job.child.pid, signal.SIGTERM)
        job.end(30)

    def test_the_long_task_of_a_batch(self):
        job = self.start_squares("--count", "2000", "--nap", "200", workers=3)
        # Some may wait for it, in its batch.
        runs.wait_until(lambda: self.status()["ok"] > 1800 and self.at_task(70), 30, "most are done")
        time.sleep(3)
        status = self.status()
        # The next is written within a second.
        worker = self.at_task(70, status)
        self.assertEqual(worker["input"], "label=n, number=70")
        self.assertAlmostEqual(worker["since"] - status["started"], 0, delta=2)
        self.assertGreater(status["written"] - worker["since"], 2.5)
        self.assertEqual(len(status["workers"]), 6)
        self.assertEqual(sorted(w["rank"] for w in status["workers"]), [0, 0, 0, 1, 1, 1])
        self.assertEqual(status["workers"][0], worker)
        for other in status["workers"][1:]:
            self.assertEqual(other["doing"], "waiting")
            self.assertGreater(other["since"], status["started"])
        self.assertEqual(sum(w["tasks"] for w in status["workers"]), status["ok"])
        pids = {p.pid for p in job.processes()}
        self.assertLessEqual({w["pid"] for w in status["workers"]}, pids)
        text = self.succeed("status", self.run_dir)
        self.assertRegex(text, r"(?m)^  rank \d +\S+ +pid \d+ +task 70 +for +[234](\.\d)? s  label=n, number=70$")
        self.assertEqual(len(re.findall(r"  waiting +for +\d", text)), 5)
        self.assertRegex(text, r"(?m)^on 6 workers, for \d+(\.\d)? s(, as of \d.* ago)?$")
        self.assertLess(text.index("\nworkers\n"), text.index("\nslowest tasks\n"))
        self.stop(job)
        self.assertEqual(self.status()["workers"], [])

    def test_each_worker_with_its_task(self):
        job = self.start_squares("--count", "20", "--nap", "2500000")
        runs.wait_until(lambda: len([w for w in self.status()["workers"] if "task" in w]) == 2, 20, "both work")
        status = self.status()
        first = {w["task"]: w["since"] for w in status["workers"]}
        self.assertEqual(len(first), 2)
        for since in first.values():
            self.assertLess(status["written"] - since, 2.6)
        runs.wait_until(lambda: self.status()["ok"] >= 2, 20, "they go on")
        time.sleep(1.3)
        for worker in self.status()["workers"]:
            self.assertNotIn(worker["task"], first)
            self.assertGreater(worker["since"], min(first.values()) + 2.4)
        self.stop(job)

    def test_a_worker_that_was_replaced(self):
        job = self.start_squares("--count", "200", "--nap", "1000")
        runs.wait_until(lambda: self.status()["ok"] > 100 and self.at_task(70), 30, "most are done")
        first = self.at_task(70)
        os.kill(first["pid"], signal.SIGKILL)
        runs.wait_until(lambda: (self.at_task(70) or first)["pid"] != first["pid"], 30, "another worker is at it")
        second = self.at_task(70)
        self.assertGreater(second["since"], first["since"] + 0.1)
        status = self.status()
        self.assertEqual(len(status["workers"]), 2)
        self.assertNotIn(first["pid"], [w["pid"] for w in status["workers"]])
        self.stop(job)
        [(pid, seconds, started)] = self.query("select pid, seconds, started from attempts where task = 70")
        self.assertEqual(pid, first["pid"])
        self.assertAlmostEqual(started, first["since"], delta=0.3)
        self.assertAlmostEqual(started + seconds, second["since"], delta=0.5)

    def test_inputs_in_short(self):
        job = self.start_squares("--count", "71", "--bytes", "300000")
        runs.wait_until(lambda: self.at_task(70), 20, "the long task")
        text = self.at_task(70)["input"]
        self.assertEqual(text, "label=n" + "x" * 93 + "...")
        self.stop(job)

    def write_live(self, **changes):
        """Makes a run that has ended look as if it were at work; this test is who holds its database."""
        self.squares("--count", "10")
        path = self.run_dir / "status.json"
        live = {**json.loads(path.read_text()), "state": "running", "written": time.time(), **changes}
        path.write_text(json.dumps(live))
        database = sqlite3.connect(self.run_dir / "results.sqlite")
        self.addCleanup(database.close)
        database.execute("BEGIN EXCLUSIVE")

    def on_terminal(self, columns):
        """The lines of `status` on a terminal that is so wide."""
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        subprocess.run(runs.program.command("status", self.run_dir), stdout=its, timeout=20, check=True)
        os.close(its)
        text = os.read(ours, 1 << 16).decode()
        os.close(ours)
        return text.splitlines()

    def test_ages_are_those_of_the_moment_it_tells_of(self):
        written = time.time() - 5
        worker = {"rank": 0, "host": "n1", "pid": 7, "doing": "task", "task": 3, "input": "x=1", "since": written - 1.2}
        idle = {"rank": 1, "host": "n1", "pid": 8, "doing": "waiting", "since": written - 0.25}
        self.write_live(written=written, seconds=21, rate=1163, pool_workers=16, workers=[worker, idle])
        text = self.succeed("status", self.run_dir)
        self.assertIn("\n1.16 k tasks/s, ", text)
        self.assertRegex(text, r"\non 16 workers, for 21 s, as of [5-9]\.\d s ago\nworkers\n")
        self.assertRegex(text, r"\n  rank 0 +n1 +pid 7 +task 3 +for     1\.2 s  x=1\n")
        self.assertRegex(text, r"\n  rank 1 +n1 +pid 8 +waiting +for    250 ms\n  and 14 not heard of\n")

    def test_many_failures_with_long_messages(self):
        failures = [{"count": 28 - i, "error": f"\u00e4\nerror {i} " + "x" * 200} for i in range(28)]
        self.write_live(failures=failures)
        lines = self.succeed("status", self.run_dir).splitlines()
        first = lines.index("failures by message") + 1
        for i, line in enumerate(lines[first : first + 10]):
            self.assertEqual(line, f"  {28 - i:>6} x  \u00e4 error {i} " + "x" * 200)
        self.assertEqual(lines[first + 10], "  and others")
        self.assertEqual(self.on_terminal(60)[first - 1 : first + 11], [line[:60] for line in lines[first - 1 : first + 11]])
        self.assertEqual(len(self.status()["failures"]), 28)


if __name__ == "__main__":
    runs.main()
