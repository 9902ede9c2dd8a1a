"""A program that has nothing to do costs next to nothing, and is awake at once."""

import os
import signal
import subprocess
import time

import job


class Idleness(job.JobTest):
    def seconds_of_cpu(self, started, over):
        """CPU time of all its processes in `over` seconds, after a moment to settle."""
        time.sleep(0.3)
        before = {p.pid: p.seconds for p in started.processes() if not p.is_launcher}
        time.sleep(over)
        after = {p.pid: p.seconds for p in started.processes() if not p.is_launcher}
        self.assertEqual(before.keys(), after.keys())
        self.assertGreater(len(before), 2)
        return sum(after[pid] - before[pid] for pid in before)

    @staticmethod
    def microseconds_to_wake(started):
        """How long its tasks take after a rest."""
        time.sleep(0.3)
        started.child.stdin.write("\n")
        started.child.stdin.flush()
        return int(started.child.stdout.readline())

    def test_an_idle_program_sleeps_and_wakes_at_once(self):
        for ranks in None, 1, 2, 4:
            with self.subTest(ranks=ranks):
                started = self.start("idle", ranks=ranks, stdin=subprocess.PIPE)
                started.wait_for_ready()
                self.assertLess(self.seconds_of_cpu(started, 2), 0.1)
                # A busy machine may let it wait once.
                self.assertLess(min(self.microseconds_to_wake(started) for _ in range(3)), 100_000)
                self.assertEqual(self.end(started)[0], 0)

    def test_a_program_that_waits_for_a_task_sleeps(self):
        for ranks in None, 2:
            with self.subTest(ranks=ranks):
                started = self.start("wait", ranks=ranks)
                started.wait_for_ready()
                task = int(started.child.stdout.readline())
                job.wait_until(lambda: self.catches(task, signal.SIGUSR1), 10, "the task is under way")
                self.assertLess(self.seconds_of_cpu(started, 2), 0.1)
                os.kill(task, signal.SIGUSR1)
                self.assertEqual(self.end(started, 5)[0], 0)

    @staticmethod
    def catches(pid, number):
        """True if the process has a handler for the signal."""
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            caught = next(line.split()[1] for line in status if line.startswith("SigCgt"))
        return bool(int(caught, 16) >> (number - 1) & 1)


if __name__ == "__main__":
    job.main()
