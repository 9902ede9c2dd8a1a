# SPDX-License-Identifier: MIT
"""The plots of the page: tasks a second, efficiency, bandwidth and overhead, each against what it depends on.

Throughput against workers and bandwidth against size are what the authors of mpi4py.futures plotted of it.
"""

import os
import sys
import tempfile
from pathlib import Path

import processes
from commands import seconds_of
from programs import at_hand, futures, mpirun, python, run
from sweep import Series, Sweep

RANKPOOL, EXEC = "rankpool", "rankpool exec"
PYTHON, FUTURES, PARALLEL, XARGS = "Python's Pool", "mpi4py.futures", "GNU parallel", "xargs"
BARE = "bare Boost.MPI"
RANKS = "mpi4py.futures has a rank more, which only hands out"
NAP = 0.05  # seconds


def powers(base, exponents):
    return [base**exponent for exponent in exponents]


def worker_counts():
    """Powers of two up to 64, or to what the machine has."""
    most = max(64, len(os.sched_getaffinity(0)))
    return powers(2, range(most.bit_length()))


def show_size(size):
    for letter, unit in (("G", 2**30), ("M", 2**20), ("k", 2**10)):
        if size >= unit:
            return f"{size // unit} {'K' if letter == 'k' else letter}iB"
    return f"{size} B"


def show_time(microseconds):
    return f"{microseconds} us" if microseconds < 1000 else f"{microseconds // 1000} ms"


def printed(key, command):
    """A measurement: what the command for a point prints as `key`."""
    return lambda x: run(command(x))[key][0]


def present(series):
    """The series whose programs are here, and notes on the others."""
    here, missing = at_hand({one.name: NEEDS.get(one.name, [sys.executable]) for one in series})
    return [one for one in series if one.name in here], missing


class Commands:
    """`sleep` so often, side by side, by programs that start commands."""

    def __init__(self, programs, scratch):
        self.programs, self.scratch = programs, scratch

    def rate(self, program, workers, seconds, count):
        """Commands a second, from the program's start to its end."""
        words = "".join(f"{seconds:f}\n" for _ in range(count))
        return count / seconds_of(getattr(self, program)(workers), words)

    def exec(self, workers):
        folder = Path(tempfile.mkdtemp(dir=self.scratch)) / "run"
        options = ["--workers-per-rank", workers, "--run-dir", folder, "--progress", "none", "--input", "-", "--format", "lines"]
        return [self.programs / "batch_store", "exec", *options, "--", "sleep", "{}"]

    @staticmethod
    def parallel(workers):
        return ["parallel", "--will-cite", f"-j{workers}", "sleep"]

    @staticmethod
    def xargs(workers):
        return ["xargs", f"-P{workers}", "-n1", "sleep"]


# What may not be installed.
NEEDS = {FUTURES: futures(2, ""), PARALLEL: Commands.parallel(2)}


def throughput_length(programs, scratch):
    commands = Commands(programs, scratch)

    def count(microseconds, most):
        """Tasks of half a second for two workers, if those are not too many for the peer."""
        return max(8, min(most, 1_000_000 // microseconds))

    def by_commands(program):
        return lambda x: commands.rate(program, 2, x / 1e6, count(x, 1000))

    def functions(kind, most):
        def measure(x):
            words = [x / 1e3, count(x, most)]
            command = futures(3, "functions.py", kind, *words) if kind == "futures" else python("functions.py", kind, *words)
            return count(x, most) / run(command)["seconds"][0]

        return measure

    def long_enough(x):
        return x >= 1000

    series, missing = present(
        [
            Series(RANKPOOL, printed("rate", lambda x: mpirun(2, programs / "pool_tasks", x, count(x, 1_000_000))), peer=False),
            Series(PYTHON, functions("map", 500_000)),
            Series(FUTURES, functions("futures", 3_000)),
            Series(EXEC, by_commands("exec"), peer=False, takes=long_enough),
            Series(PARALLEL, by_commands("parallel"), takes=long_enough),
            Series(XARGS, by_commands("xargs"), takes=long_enough),
        ]
    )
    return Sweep(
        "throughput_length",
        "Throughput against the length of a task, two workers",
        "length of a task",
        powers(10, range(6)),
        show_time,
        "tasks a second",
        "tasks/s",
        series,
        ideal=lambda x: 2e6 / x,
        notes=["functions keep a core busy, each map with its own default of chunks; commands are `sleep`, from start to end", RANKS, *missing],
    )


def throughput_workers(programs):
    words = {RANKPOOL: 500_000, PYTHON: 50_000, FUTURES: 3_000}
    series, missing = present(
        [
            Series(RANKPOOL, printed("rate", lambda n: mpirun(n, programs / "pool_trivial", "chunk1", words[RANKPOOL])), peer=False),
            Series(PYTHON, printed("rate", lambda n: python("pool_trivial.py", "chunk1", words[PYTHON], n))),
            Series(FUTURES, printed("rate", lambda n: futures(n + 1, "futures_trivial.py", "chunk1", words[FUTURES]))),
        ]
    )
    return Sweep(
        "throughput_workers",
        "Throughput of tasks that do nothing, against workers",
        "workers",
        worker_counts(),
        str,
        "tasks a second",
        "tasks/s",
        series,
        notes=["chunksize 1; the workers share the cores of this machine", RANKS, *missing],
    )


def efficiency_workers(programs, scratch):
    each = 20
    commands = Commands(programs, scratch)

    def by_commands(program):
        return lambda n: commands.rate(program, n, NAP, n * each) * NAP / n

    series, missing = present(
        [
            Series(RANKPOOL, printed("share", lambda n: mpirun(n, programs / "pool_naps", each)), peer=False),
            Series(PYTHON, printed("share", lambda n: python("pool_naps.py", n, each))),
            Series(FUTURES, printed("share", lambda n: futures(n + 1, "futures_naps.py", n, each))),
            Series(EXEC, by_commands("exec"), peer=False),
            Series(PARALLEL, by_commands("parallel")),
            Series(XARGS, by_commands("xargs")),
        ]
    )
    return Sweep(
        "efficiency_workers",
        "Efficiency against workers, 20 tasks of 50 ms for each",
        "workers",
        worker_counts(),
        str,
        "ideal time over measured",
        "of 1",
        series,
        is_share=True,
        notes=["tasks sleep, so that there may be more of them than cores; of commands the whole run is measured, with its start", RANKS, *missing],
    )


def bandwidth_size(programs):
    def trips(size):
        return max(1, min(500, 2**27 // size))

    def no_room(size):
        wanted = 6 * size / 2**30  # as in the line `huge`
        return "" if processes.available_gib() > wanted else f"less than {wanted:.0f} GiB of memory are free"

    def rate(command):
        return lambda size: 1e9 * run(command(trips(size), size))["rate"][0]

    def by_rankpool(size):
        return 1e9 * run(mpirun(2, programs / "pool_vectors", trips(size), size))["rate_rank1"][0]

    series, missing = present(
        [
            Series(RANKPOOL, by_rankpool, peer=False),
            Series(BARE, rate(lambda *words: mpirun(2, programs / "bare_vectors", *words))),
            Series(PYTHON, rate(lambda *words: python("echo.py", "pool", *words))),
            Series(FUTURES, rate(lambda *words: futures(2, "echo.py", "futures", *words))),
        ]
    )
    return Sweep(
        "bandwidth_size",
        "Bandwidth against the size of a value that goes to another process and back",
        "size of the value",
        powers(8, range(1, 11)),
        show_size,
        "bytes a second, both ways",
        "B/s",
        series,
        why_not=no_room,
        notes=["one at a time by apply or submit: vectors of double in C++, bytes in Python; bare Boost.MPI has no pool", *missing],
    )


def overhead_chunksize(programs):
    def each(command):
        return lambda chunk: 1e6 / run(command(chunk))["rate"][0]

    series, missing = present(
        [
            Series(RANKPOOL, each(lambda chunk: mpirun(2, programs / "pool_trivial", chunk, 2_000_000)), peer=False),
            Series(PYTHON, each(lambda chunk: python("pool_trivial.py", chunk, min(100_000 * chunk, 1_000_000)))),
            Series(FUTURES, each(lambda chunk: futures(3, "futures_trivial.py", chunk, min(5_000 * chunk, 500_000)))),
        ]
    )
    return Sweep(
        "overhead_chunksize",
        "Overhead of a task that does nothing against the chunksize, two workers",
        "chunksize",
        powers(4, range(7)),
        str,
        "time per task",
        "us",
        series,
        notes=[RANKS, *missing],
    )


def all_sweeps(programs, scratch):
    """In the order of the page."""
    return [
        throughput_length(programs, scratch),
        throughput_workers(programs),
        efficiency_workers(programs, scratch),
        bandwidth_size(programs),
        overhead_chunksize(programs),
    ]
