# SPDX-License-Identifier: MIT
"""The lines of `scripts/benchmark --cluster`: what is shared, and messages, between nodes of the test cluster."""

from cluster import nodes as on
from line import Line, Row
from programs import mpirun, run


def across(programs, name, title, program, mode, nodes, counts):
    """Beside the same on one node."""
    far, near = f"rankpool, {nodes} nodes", f"rankpool, {nodes} ranks of one node"

    def measure():
        return {
            far: on.run(on.FEW, programs, on.mpirun(programs / program, mode, counts[0]), nodes)["us"][0],
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
