# SPDX-License-Identifier: MIT
"""The simulation beside real runs on a test cluster, whose nodes share the cores of this machine."""

import os
import statistics
import time

from cluster import nodes as on

NODES = 32
ALLOWED = 0.10
NAPS = 101
# Workers on each node, naps for each worker, and their length.
RUNS = ((4, 20, 50), (4, 5, 1000), (2, 20, 50), (2, 5, 1000), (4, 8, 50), (4, 20, 200))


def nap_ns(milliseconds):
    """What a nap of that length really takes here."""

    def once():
        start = time.monotonic_ns()
        time.sleep(milliseconds / 1000)
        return time.monotonic_ns() - start

    return statistics.median(once() for _ in range(max(1, NAPS // milliseconds)))


def real(programs, workers, each, milliseconds, runs):
    line = on.mpirun(programs / "pool_naps", each, milliseconds)
    return sorted(on.run(on.MANY, programs, line, NODES, workers=workers)["share"][0] for _ in range(runs))


def simulated(model, calibration, workers, each, milliseconds):
    """All processes share this machine's cores, and a worker's nap costs more than a task's results do."""
    (answer,) = model.ask(
        [
            model.question(
                workers=NODES * workers,
                workers_per_rank=workers,
                tasks_per_worker=each,
                length=nap_ns(milliseconds),
                cores=len(os.sched_getaffinity(0)),
                worker_frame=calibration["nap"]["worker_frame"],
            )
        ]
    )
    return milliseconds * 1e6 * each / answer["makespan"]


def validate(model, calibration, programs, runs):
    """A row for each run: real and simulated share of the ideal."""
    rows = []
    with on.at_hand():
        for workers, each, milliseconds in RUNS:
            measured = real(programs, workers, each, milliseconds, runs)
            told = simulated(model, calibration, workers, each, milliseconds)
            row = {"workers": NODES * workers, "each": each, "ms": milliseconds, "real": measured, "simulated": told}
            row["off"] = told / statistics.median(measured) - 1
            rows.append(row)
            yield row
