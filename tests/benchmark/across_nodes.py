# SPDX-License-Identifier: MIT
"""The lines of `scripts/benchmark --cluster`: what is shared, and messages, between nodes of the test cluster."""

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from line import Line, Row
from programs import Failed, mpirun, run, values

TESTBED = Path(__file__).resolve().parents[2] / "cluster" / "testbed"
CANNOT = 77
LIMIT = 120  # seconds for one program


@contextmanager
def cluster():
    """A cluster of four nodes, as long as it is needed."""
    up = subprocess.run([TESTBED, "up"], capture_output=True, text=True)
    if up.returncode != 0:
        sys.exit(up.stderr.strip())
    try:
        yield
    finally:
        subprocess.run([TESTBED, "down"], check=True, capture_output=True)


def run_on(nodes, program, *words):
    """The values that a program prints, with a rank on each of so many nodes."""
    # All nodes see the folder of the programs.
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        script, output = Path(folder) / "job.sh", Path(folder) / "output"
        line = " ".join(map(str, ["mpirun", "-q", "--bind-to", "none", program, *words]))
        script.write_text(f"#!/bin/bash\n{line}\n", encoding="utf-8")
        options = ["--wait", f"--nodes={nodes}", "--ntasks-per-node=1", f"--output={output}"]
        done = subprocess.run([TESTBED, "run", "sbatch", *options, script], capture_output=True, text=True, timeout=LIMIT)
        said = output.read_text(encoding="utf-8") if output.exists() else ""
        if done.returncode != 0:
            raise Failed(f"{line}: exit code {done.returncode}\n{done.stderr}{said[-2000:]}")
        return values(said)


def across(programs, name, title, program, mode, nodes, counts):
    """Beside the same on one node."""
    far, near = f"rankpool, {nodes} nodes", f"rankpool, {nodes} ranks of one node"

    def measure():
        return {
            far: run_on(nodes, programs / program, mode, counts[0])["us"][0],
            near: run(mpirun(nodes, programs / program, mode, counts[1]))["us"][0],
        }

    return Line(name, title, [Row(far, "us"), Row(near, "us", compare=far)], measure)


def all_lines(programs):
    """In the order of the table."""
    return [
        across(programs, "far_lock", "a free lock of another rank taken and given back", "shared_state", "far_lock", 2, (2_000, 200_000)),
        across(programs, "far_contended", "a lock that 8 processes want, each turn", "shared_state", "contended", 2, (2_000, 400_000)),
        across(programs, "far_barrier", "a round of a barrier of 8 processes", "shared_state", "barrier", 4, (300, 1_000)),
        across(programs, "far_fetch_add", "an addition to a number of another rank", "shared_state", "far_fetch_add", 2, (2_000, 500_000)),
        across(programs, "far_dict", "an entry of another rank's dict written and read", "shared_state", "far_dict", 2, (1_000, 10_000)),
        across(programs, "far_pipe", "a small message through a pipe and back", "channels", "pipe", 2, (1_000, 20_000)),
    ]
