"""Ctrl-C ends everything within two seconds and leaves no process, no shared memory and no half a file."""

import os
import signal
import subprocess
import sys
import tempfile
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
                if mark.encode() in environ.read() and stat.read().rsplit(")", 1)[1].split()[0] != "Z":
                    found.append(int(pid))
        except OSError:
            pass
    return found


class InterruptCli(program.ProgramTest):
    def interrupt(self, ranks, to_group):
        # Open MPI's shared memory goes here, told apart from that of whoever else runs MPI on this computer.
        with tempfile.TemporaryDirectory() as shared:
            mark = f"{MARK}={os.getpid()}.{time.monotonic_ns()}"
            words = ["run", "mandelbrot", "--iterations", "1000000000", "--output", self.folder / "picture.png"]
            name, value = mark.split("=")
            child = subprocess.Popen(
                program.command(*words, ranks=ranks),
                cwd=program.SCRATCH,
                env={**os.environ, name: value, "OMPI_MCA_btl_vader_backing_directory": shared},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            time.sleep(2)
            self.assertIsNone(child.poll(), "still at work")
            self.assertGreater(len(processes(mark)), 2, "supervisors and workers")
            started = time.monotonic()
            (os.killpg if to_group else os.kill)(child.pid, signal.SIGINT)
            while processes(mark) and time.monotonic() < started + 10:
                time.sleep(0.02)
            self.assertLess(time.monotonic() - started, 2)
            self.assertNotEqual(child.wait(), 0)
            self.assertEqual(os.listdir(shared), [])
            self.assertEqual(os.listdir(self.folder), [])

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
