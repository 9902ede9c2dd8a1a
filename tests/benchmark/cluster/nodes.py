# SPDX-License-Identifier: MIT
"""Test clusters, and jobs on them. A cluster comes with its first job; there is one at a time."""

import shlex
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from programs import Failed, values

TESTBED = Path(__file__).resolve().parents[3] / "cluster" / "testbed"
CANNOT = 77
LIMIT = 120  # seconds for one job
LOOK = 0.05


class TooSlow(Failed):
    """A job that was not over in time."""


class Cluster:
    current = None

    def __init__(self, nodes, cores):
        self.nodes, self.cores = nodes, cores
        self.problem = ""

    def testbed(self, *words, timeout=None):
        # Beside those of the tests.
        command = [TESTBED, "--name", f"benchmark-{self.nodes}", *map(str, words)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)

    def up(self):
        if Cluster.current is self:
            return
        if self.problem:
            raise Failed(self.problem)
        Cluster.down()
        Cluster.current = self
        done = self.testbed("up", "--nodes", self.nodes, "--cores", self.cores)
        if done.returncode == CANNOT:
            sys.exit(done.stderr.strip())
        if done.returncode != 0:
            Cluster.down()
            self.problem = f"cannot have {self.nodes} nodes here: {done.stderr.strip()}"
            raise Failed(self.problem)

    @classmethod
    def down(cls):
        if cls.current is None:
            return
        for _ in range(3):  # a machine that is too busy may take its time
            done = cls.current.testbed("down")
            if done.returncode == 0:
                cls.current = None
                return
        sys.exit(done.stderr.strip())


# Two ranks of a node have a core each, and so have eight and the one that hands out.
FEW = Cluster(4, 2)
MANY = Cluster(32, 9)


@contextmanager
def at_hand():
    """In it clusters may be used; none is left afterwards."""
    try:
        yield
    finally:
        Cluster.down()


class Job:
    """A batch job on some nodes, that is running or over."""

    def __init__(self, folder, what):
        self.folder = folder
        self.code, self.output = folder / "code", folder / "output"
        self.what = what

    def said(self):
        return self.output.read_text(encoding="utf-8") if self.output.exists() else ""

    def wait_until(self, is_so, limit):
        end = time.monotonic() + limit
        while not is_so():
            if time.monotonic() > end:
                raise TooSlow(f"{self.what}: not over within {limit} s")
            time.sleep(LOOK)

    def wait_until_ready(self, limit=LIMIT):
        self.wait_until(lambda: self.code.exists() or "ready\n" in self.said(), limit)
        self.check()

    def check(self):
        code = self.code.read_text(encoding="utf-8") if self.code.exists() else "0\n"
        if code != "0\n":
            raise Failed(f"{self.what}: exit code {code}{self.said()[-2000:]}")

    def finish(self, limit=LIMIT):
        """The values that it has printed."""
        self.wait_until(self.code.exists, limit)
        self.check()
        return values(self.said())


def mpirun(program, *words, options=()):
    return shlex.join(map(str, ["mpirun", "-q", "--bind-to", "none", *options, program, *words]))


@contextmanager
def started(cluster, programs, line, nodes, ranks_per_node=1, workers=0):
    """A job of this line of shell, with so many workers on a rank where they are given.

    Slurm is asked nothing while it runs: that would take time of the same cores.
    """
    cluster.up()
    # All nodes see the folder of the programs.
    with tempfile.TemporaryDirectory(dir=programs) as name:
        folder = Path(name)
        job = Job(folder, f"{nodes} nodes x {ranks_per_node} ranks: {line}".replace(f"{programs}/", ""))
        setting = f"export RANKPOOL_WORKERS_PER_RANK={workers}\n" if workers else ""
        end = f"trap 'echo $? >{folder}/part; mv {folder}/part {job.code}' EXIT\n"
        script = folder / "job.sh"
        script.write_text(f"#!/bin/bash\n{end}{setting}cd {folder}\n{line}\n", encoding="utf-8")
        options = [f"--nodes={nodes}", f"--ntasks-per-node={ranks_per_node}", f"--output={job.output}"]
        try:
            done = cluster.testbed("run", "sbatch", *options, script, timeout=LIMIT)
            if done.returncode != 0:
                raise Failed(f"{job.what}: {done.stderr.strip()}")
            yield job
        except BaseException as problem:
            Cluster.down()  # Slurm may not get to end what still runs, on a machine that is too busy
            if isinstance(problem, subprocess.TimeoutExpired):
                raise TooSlow(f"{job.what}: not submitted within {LIMIT} s") from problem
            raise


def run(cluster, programs, line, nodes, ranks_per_node=1, workers=0, limit=LIMIT):
    """The values that a job prints."""
    with started(cluster, programs, line, nodes, ranks_per_node, workers) as job:
        return job.finish(limit)
