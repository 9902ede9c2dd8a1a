"""Ctrl-C ends everything within two seconds and leaves no process, no shared memory and no half a file."""

import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

MARK = "RANKPOOL_INTERRUPT_TEST"


def processes(mark):
    """Ids of the live processes whose environment has the mark, mpirun and its helpers among them."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ, open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
                if mark in environ.read() and stat.read().rsplit(")", 1)[1].split()[0] != "Z":
                    found.append(int(pid))
        except OSError:
            pass
    return found


class InterruptCli(program.ProgramTest):
    def interrupt(self, ranks, to_group):
        mark = f"{MARK}={os.getpid()}.{time.monotonic_ns()}"
        shared_before = set(os.listdir("/dev/shm"))
        words = ["run", "mandelbrot", "--iterations", "1000000000", "--output", self.folder / "picture.png"]
        child = subprocess.Popen(
            program.command(*words, ranks=ranks),
            env={**os.environ, MARK: mark.split("=")[1]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        time.sleep(2)
        self.assertIsNone(child.poll(), "still at work")
        self.assertGreater(len(processes(mark.encode())), 2, "supervisors and workers")
        started = time.monotonic()
        (os.killpg if to_group else os.kill)(child.pid, signal.SIGINT)
        while processes(mark.encode()) and time.monotonic() < started + 10:
            time.sleep(0.02)
        self.assertLess(time.monotonic() - started, 2)
        self.assertEqual(processes(mark.encode()), [])
        self.assertNotEqual(child.wait(), 0)
        child.stderr.close()
        self.assertEqual(os.listdir(self.folder), [])
        self.assertEqual(set(os.listdir("/dev/shm")) - shared_before, set())

    def test_by_mpirun(self):
        for ranks in 1, 2, 4:
            with self.subTest(ranks=ranks):
                self.interrupt(ranks, to_group=False)

    def test_without_mpirun(self):
        self.interrupt(None, to_group=False)

    def test_from_the_keyboard(self):
        """The terminal signals the whole group."""
        for ranks in None, 2:
            with self.subTest(ranks=ranks):
                self.interrupt(ranks, to_group=True)


if __name__ == "__main__":
    program.main()
