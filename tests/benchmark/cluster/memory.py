# SPDX-License-Identifier: MIT
"""Memory of a job on the test cluster, whose processes this machine sees all."""

import os

import processes


def _runs(pid, program):
    try:
        return os.readlink(f"/proc/{pid}/exe") == program
    except OSError:
        return False  # it has just ended


def ranks_of_program(program):
    """For each rank of the one job that runs this program, the MiB of its processes: the rank itself first."""
    program = os.path.realpath(program)
    parents = processes.parents()
    ranks = {pid: [pid] for pid, parent in parents.items() if _runs(pid, program) and not _runs(parent, program)}
    for pid in parents:
        above = parents.get(pid)
        while above and above not in ranks:
            above = parents.get(above)
        if above in ranks:
            ranks[above].append(pid)
    return [[processes.proportional_mib([pid]) for pid in rank] for rank in ranks.values()]
