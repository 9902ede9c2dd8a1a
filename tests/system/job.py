"""A program's processes as the kernel shows them, for the tests that look at what a job leaves behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
import program

MARK = "RANKPOOL_TEST_JOB"
SHARED = Path("/dev/shm")
# What the jobs of other tests make there.
OTHERS = ("rankpool-test-", "vader_segment.")


def wait_until(condition, seconds, what):
    """Looks again and again."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.005)


def without_owner(names):
    """Those of these names in /dev/shm that no live process maps; other programs of this machine have theirs mapped."""
    names = set(names)
    for maps in Path("/proc").glob("[0-9]*/maps"):
        if not names:
            break
        try:
            text = maps.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        names -= {name for name in names if f"{SHARED}/{name}" in text}
    return names


class Process:
    """One process, from /proc; raises OSError when it is gone."""

    def __init__(self, pid):
        self.pid = pid
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        self.state = fields[0]
        self.parent = int(fields[1])
        self.seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        with open(f"/proc/{pid}/environ", "rb") as environ:
            entries = environ.read().decode(errors="replace").split("\0")
        self.environment = dict(entry.split("=", 1) for entry in entries if "=" in entry)

    @property
    def rank(self):
        """The rank it belongs to; 0 without mpirun."""
        return int(self.environment.get("OMPI_COMM_WORLD_RANK", 0))

    def number_in_status(self, name):
        """What the kernel says of it under this name; 0 where it says nothing."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        return 0

    def peak(self):
        """Its largest resident size in bytes."""
        return self.number_in_status("VmHWM") * 1024

    @property
    def sleeps(self):
        """How often its first thread has gone to sleep."""
        return self.number_in_status("voluntary_ctxt_switches")


class Job:
    """A started program and all that comes of it, found by a mark in the environment."""

    def __init__(self, words, folder, stdin=subprocess.DEVNULL):
        self.value = f"{os.getpid()}.{time.monotonic_ns()}"
        # Open MPI's files of this job are told from those of others, which may run and be killed beside it.
        self.shared = tempfile.TemporaryDirectory(prefix=OTHERS[0], dir=SHARED)
        self.shared_before = set(os.listdir(SHARED))
        self.child = subprocess.Popen(
            words,
            env={
                **os.environ,
                MARK: self.value,
                "RANKPOOL_TEST_FOLDER": folder,
                "OMPI_MCA_btl_vader_backing_directory": self.shared.name,
            },
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pid = self.child.pid

    def processes(self):
        """Those that are alive, mpirun left out."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                process = Process(int(pid))
            except OSError:
                continue
            launcher = process.pid == self.pid and "OMPI_COMM_WORLD_RANK" not in process.environment
            if process.environment.get(MARK) == self.value and process.state != "Z":
                process.is_launcher = launcher
                found.append(process)
        return found

    def wait_for_ready(self):
        """Reads the line by which the program says that it is under way; returns its main worker's pid."""
        line = self.child.stdout.readline()
        if not line.startswith("ready"):
            raise AssertionError(f"not ready: {line!r} {self.child.stderr.read()}")
        return int(line.split()[1])

    def supervisors(self, bare=False):
        """The supervisors by rank."""
        if bare:
            return {0: Process(self.pid)}
        return {p.rank: p for p in self.processes() if p.parent == self.pid}

    def fork_server(self, rank, bare=False):
        """The fork server of a rank."""
        supervisor = self.supervisors(bare)[rank]
        return next(p for p in self.processes() if p.parent == supervisor.pid)

    def end(self, seconds=30):
        """Waits for the end: exit code, stdout and stderr; what came of the start must be gone soon after."""
        try:
            out, err = self.child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return self.child.returncode, out, err

    def end_of_killed(self, seconds=30):
        """The exit code of a job of which a rank was killed, maybe inside MPI_Init: then mpirun of Open MPI 4.1 locks
        itself out at times when all ranks have gone (PMIx_server_finalize waits for a mutex that nobody will give back)."""
        wait_until(lambda: all(p.is_launcher for p in self.processes()), seconds, "the job's processes to end")
        try:
            self.child.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            print("mpirun does not end by itself")
            self.child.kill()
            self.child.communicate()
        return self.child.returncode

    def kill(self):
        """Ends all that is there."""
        for process in self.processes():
            try:
                os.kill(process.pid, signal.SIGKILL)
            except OSError:
                pass

    def leftovers(self):
        """What should not be there after the end."""
        fresh = {name for name in os.listdir(SHARED) if not name.startswith(OTHERS)} - self.shared_before
        return [p.pid for p in self.processes()], without_owner(fresh) | set(os.listdir(self.shared.name))


class JobTest(program.ProgramTest):
    """A test that starts jobs and sees to it that nothing is left."""

    def start(self, *words, ranks=None, mpirun=None, **options):
        """Starts the program with these arguments; without ranks, without mpirun."""
        launch = [*(mpirun or program.MPIRUN), "-np", str(ranks)] if ranks else []
        return self.start_words([*launch, program.PROGRAM, *words], **options)

    def start_words(self, words, **options):
        """Starts this very command."""
        job = Job(words, str(self.folder), **options)
        self.addCleanup(job.shared.cleanup)
        self.addCleanup(job.child.stderr.close)
        self.addCleanup(job.child.stdout.close)
        self.addCleanup(job.child.wait)
        self.addCleanup(job.kill)
        return job

    def end(self, job, seconds=30):
        """Its exit code, stdout and stderr; fails if anything is left a moment later."""
        result = job.end(seconds)
        self.check_clean(job)
        return result

    def check_clean(self, job, seconds=2):
        """Nothing is left, or nothing soon."""
        wait_until(lambda: job.leftovers() == ([], set()), seconds, lambda: f"no leftovers; now {job.leftovers()}")


def main():
    """Runs the tests of the file that was started."""
    program.main()
