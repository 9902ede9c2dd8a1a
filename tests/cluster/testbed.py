"""The test cluster, for the tests of this folder: PROGRAM MPIRUN... as program.py, whose cluster each file has for itself."""

import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "system"))
sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
import job
import program

PROJECT = Path(__file__).parent.parent.parent
TESTBED = PROJECT / "cluster" / "testbed"
NODES = ["n1", "n2", "n3", "n4"]
CANNOT = 77
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "OUT_OF_MEMORY"}


def call(*words, timeout=90, **options):
    """One command of cluster/testbed: what it wrote and its exit code."""
    return subprocess.run(
        [TESTBED, "--name", Path(sys.argv[0]).stem, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        **options,
    )


def must(*words, **options):
    """stdout of a command that must succeed."""
    done = call(*words, **options)
    if done.returncode != 0:
        raise AssertionError(f"testbed {words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class Batch:
    """A submitted batch job, whose output is a file."""

    def __init__(self, number, output, mark):
        self.number = number
        self.output = output
        self.mark = mark

    def record(self):
        """What Slurm knows about it."""
        text = must("run", "scontrol", "show", "job", "--oneliner", self.number)
        return dict(re.findall(r"(\S+?)=(\S*)", text))

    def said(self):
        """What it has written so far."""
        return self.output.read_text(encoding="utf-8") if self.output.exists() else ""

    def wait_for(self, text, seconds=30):
        """Until it has written `text`."""
        job.wait_until(lambda: text in self.said(), seconds, f"{text!r} in {self.said()!r}")

    def end(self, seconds=60):
        """Waits for its end: how Slurm calls it, its exit code, and what it wrote."""
        end = time.monotonic() + seconds
        while (record := self.record())["JobState"] not in ENDED:
            if time.monotonic() > end:
                raise AssertionError(f"not over within {seconds} s: {record} {self.said()}")
            time.sleep(0.2)
        return record["JobState"], int(record["ExitCode"].split(":")[0]), self.said()

    def processes(self):
        """Those of its program that are alive, on all nodes, by rank; a supervisor has `node` and `pid`."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                process = job.Process(int(name))
                program_file = os.readlink(f"/proc/{name}/exe")
            except OSError:
                continue
            if process.state == "Z" or process.environment.get(job.MARK) != self.mark:
                continue
            process.program = program_file
            process.node = process.environment.get("SLURMD_NODENAME")
            found.append(process)
        return found

    def supervisors(self):
        """By rank: the processes of the program that another program has started."""
        ours = {p.pid: p for p in self.processes() if p.program == os.path.realpath(program.PROGRAM)}
        return {int(p.environment.get("PMIX_RANK", -1)): p for p in ours.values() if p.parent not in ours}


class ClusterTest(program.ProgramTest):
    """A test with a folder that all nodes see."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=Path(program.PROGRAM).parent)
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.batches = []
        self.addCleanup(must, "run", "scancel", "--user=root")

    def submit(self, lines, *options, nodes=4, ranks_per_node=2):
        """Submits a batch script of these lines."""
        script = self.write(f"job{time.monotonic_ns()}.sh", "#!/bin/bash\n" + lines + "\n")
        return self.submit_script(script, f"--nodes={nodes}", f"--ntasks-per-node={ranks_per_node}", *options, output=script.with_suffix(".out"))

    def submit_with_losses(self, command):
        """Submits a command by mpirun that goes on where ranks and nodes are lost, and ends with its exit code."""
        code = self.folder / f"{time.monotonic_ns()}.code"
        settings = f"export RANKPOOL_HEARTBEAT_TIMEOUT=4 RANKPOOL_EXIT_CODE_FILE={code}"
        # What is under test is when the program is done; mpirun stays for a lost node.
        wait = f"for _ in {{1..300}}; do [[ -e {code} ]] && break; sleep 0.2; done"
        line = f"mpirun -q --enable-recovery {command} &"
        return self.submit(f"{settings}\n{line}\n{wait}\nsleep 2\nkill -KILL %1 2>/dev/null\nexit $(cat {code})", "--no-requeue", "--no-kill")

    def submit_script(self, script, *options, output, words=(), env=None):
        """Submits this script with these words."""
        mark = f"{os.getpid()}.{time.monotonic_ns()}"
        marked = {**os.environ, job.MARK: mark, "RANKPOOL_TEST_FOLDER": str(self.folder), **(env or {})}
        number = must("run", "sbatch", "--parsable", f"--output={output}", *options, script, *words, env=marked)
        self.batches.append(Batch(number.strip(), output, mark))
        return self.batches[-1]

    def check_clean(self, batch, seconds=3):
        """Nothing of the job is left on any node, or nothing soon; nor in any node's /dev/shm."""
        left = lambda: [(p.pid, p.node, p.program) for p in batch.processes()]
        job.wait_until(lambda: not left(), seconds, lambda: f"no leftovers; now {left()}")
        for node in NODES:
            self.assertEqual(must("on", node, "ls", "/dev/shm"), "", node)


# Where Open MPI itself dies now and then on a busy machine, before or after anything of ours: see cluster/README.md.
FAULT_OF_OPEN_MPI = re.compile(
    r"Signal: Segmentation fault[\s\S]*(mca_btl_tcp|ompi_mpi_init|PMIx_Finalize|failed during shared memory initialization"
    # A message for which it has no function yet: a call of address 0, which leaves no other frame.
    r"|Failing at address: \(nil\)\n\S+ \[ 0\] [^\n]*\n\S+ \*\*\* End of error message)"
)


class Result(unittest.TextTestResult):
    """Failures with what the test's jobs have said."""

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.add_said(self.failures, test)

    def addError(self, test, err):
        super().addError(test, err)
        self.add_said(self.errors, test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.add_said(self.failures if issubclass(err[0], test.failureException) else self.errors, test)

    @staticmethod
    def add_said(spoilt, test):
        where, text = spoilt[-1]
        said = "".join(f"\nJob {batch.number} said:\n{batch.said()[-20000:]}" for batch in getattr(test, "batches", []))
        spoilt[-1] = where, text + said


def run_tests():
    """Runs the tests of the file that was started; those that Open MPI's own faults have spoilt once more."""
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{os.environ['RANKPOOL_TESTS']}*"] if "RANKPOOL_TESTS" in os.environ else None
    suite = loader.loadTestsFromModule(sys.modules["__main__"])
    for _ in range(3):
        result = unittest.TextTestRunner(resultclass=Result).run(suite)
        spoilt = result.failures + result.errors
        if not spoilt or not all(FAULT_OF_OPEN_MPI.search(text) for _, text in spoilt):
            break
        # Of a subtest, the whole test.
        tests = {getattr(test, "test_case", test).id(): getattr(test, "test_case", test) for test, _ in spoilt}
        print(f"once more, for a fault of Open MPI: {', '.join(tests)}", file=sys.stderr)
        suite = unittest.TestSuite(type(test)(test._testMethodName) for test in tests.values())
    return result.wasSuccessful()


def run_times(times):
    """Runs them so many times in a row and says how often they failed."""
    failed = 0
    for number in range(1, times + 1):
        failed += not run_tests()
        if times > 1:
            print(f"soak: {Path(sys.argv[0]).stem}: {number} of {times} times, {failed} failures", flush=True)
    return failed == 0


LAUNCHERS = {"mpirun": "mpirun", "srun": "srun --mpi=pmix"}


def main():
    """Runs the tests of the file that was started on a new cluster; tells CTest where there cannot be one.

    RANKPOOL_TESTS runs those with that in their names, RANKPOOL_TIMES so many times.
    """
    must("down") if os.geteuid() == 0 else None
    up = call("up")
    if up.returncode == CANNOT:
        print(up.stderr, end="")
        sys.exit(CANNOT)
    if up.returncode != 0:
        sys.exit(up.stderr)
    try:
        succeeded = run_times(int(os.environ.get("RANKPOOL_TIMES", "1")))
    finally:
        must("down")
    sys.exit(not succeeded)
