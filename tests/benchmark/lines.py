# SPDX-License-Identifier: MIT
"""The lines of the table: what is measured, against which peers, and what is to be reached.

A line is made of rows: the first is rankpool's, the others are its peers, or further numbers of its own. `measure`
runs everything once and gives a number for each row, so that the rows of all runs are interleaved.
"""

import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import commands
import processes
from line import Bar, Line, Row, peer
from programs import Failed, at_hand, futures, mpirun, python, run, started, wall_seconds


PYTHON = "Python Pool(2)"
PYTHON_PROCESS = "Python's multiprocessing"
FUTURES_3 = "mpi4py.futures, 3 ranks (2 work)"
FUTURES_2 = "mpi4py.futures, 2 ranks (1 works)"
RANKPOOL = "rankpool, 2 ranks"


def trivial(programs, name, title, bar, key, unit, counts, notes=()):
    ours, by_python, by_futures = counts
    commands, missing = at_hand(
        {
            RANKPOOL: mpirun(2, programs / "pool_trivial", name, ours),
            PYTHON: python("pool_trivial.py", name, by_python),
            FUTURES_3: futures(3, "futures_trivial.py", name, by_futures),
            FUTURES_2: futures(2, "futures_trivial.py", name, by_futures),
        }
    )

    def measure():
        return {name: run(command)[key][0] for name, command in commands.items()}

    rows = [Row(RANKPOOL, unit, bar), *(peer(other, unit, RANKPOOL) for other in list(commands)[1:])]
    return Line(name, title, rows, measure, [*notes, *missing])


def uneven(programs, scratch):
    count, mean_ms, sigma = 400, 5.0, 1.0
    tasks = scratch / "tasks"

    def make_tasks():
        steps_per_ms = run([programs / "uneven_threads", "calibrate"])["steps_per_ms"][0]
        source = random.Random(20240229)
        lengths = [source.lognormvariate(0, sigma) for _ in range(count)]
        scale = mean_ms * count / sum(lengths) * steps_per_ms
        tasks.write_text("".join(f"{round(length * scale)}\n" for length in lengths))

    def share(command):
        found = run(command)
        return statistics.median(serial / 2 / parallel for serial, parallel in zip(found["serial"], found["parallel"], strict=True))

    commands = {
        RANKPOOL: mpirun(2, programs / "pool_uneven", tasks),
        "OpenMP schedule(dynamic), 2 threads": [programs / "uneven_threads", "openmp", tasks],
        "TBB simple_partitioner, 2 threads": [programs / "uneven_threads", "tbb", tasks],
        PYTHON + ", chunksize 1": python("pool_uneven.py", programs / "libuneven_work.so", tasks),
    }

    def measure():
        if not tasks.exists():
            make_tasks()
        return {name: share(command) for name, command in commands.items()}

    unit = "of serial/2"
    rows = [Row(RANKPOOL, unit, Bar(0.97)), *(peer(name, unit, RANKPOOL) for name in list(commands)[1:])]
    return Line(
        "uneven",
        "400 uneven CPU-bound tasks (log-normal, mean 5 ms), serial/2 over parallel",
        rows,
        measure,
        ["each program takes serial and parallel turns; all run the same machine code"],
    )


def beside(programs):
    def measure():
        return {
            RANKPOOL: run(mpirun(2, programs / "pool_beside", 10))["ms"][0],
            PYTHON: run(python("pool_beside.py", 10))["ms"][0],
        }

    bar = Bar(2.0, of=PYTHON, called="Python", at_most=True)
    return Line(
        "beside",
        "six calls of 1 ms right after one of 300 ms, until the last of the six is there",
        [Row(RANKPOOL, "ms", bar), peer(PYTHON, "ms", RANKPOOL)],
        measure,
    )


def naps(programs):
    ours, by_python = "rankpool, 64 ranks", "Python Pool(64), chunksize 1"

    def measure():
        return {
            ours: run(mpirun(64, programs / "pool_naps", 20))["share"][0],
            by_python: run(python("pool_naps.py", 64, 20))["share"][0],
        }

    unit = "of the ideal"
    return Line(
        "naps",
        "64 ranks, 20 tasks for each that sleep 50 ms, ideal over measured",
        [Row(ours, unit, Bar(0.97)), peer(by_python, unit, ours)],
        measure,
    )


def vectors(programs):
    ours, bare = "rankpool, apply to the other rank", "bare Boost.MPI send and recv, 2 ranks"
    local, mapped = "rankpool, apply to rank 0's worker", "rankpool, map of 4, both ranks"

    def measure():
        found = run(mpirun(2, programs / "pool_vectors", 10))
        return {
            ours: found["rate_rank1"][0],
            bare: run(mpirun(2, programs / "bare_vectors", 10))["rate"][0],
            local: found["rate_rank0"][0],
            mapped: found["rate_map"][0],
        }

    unit = "GB/s"
    return Line(
        "vectors",
        "64 MiB vectors of double out and back",
        [Row(ours, unit, Bar(0.7, of=bare, called="bare")), peer(bare, unit, ours), Row(local, unit), Row(mapped, unit)],
        measure,
    )


def huge(programs):
    took, correct, fill = "rankpool, apply to the other rank", "came back correct", "making such a vector, alone"
    supervisor, worker, main = ("peak memory of a supervisor", "peak memory of the other rank's worker", "peak memory of the main worker")
    # Rank 0 holds the value and its copy, the worker another, and what is on its way as much again.
    wanted_gib = 16

    def measure():
        if processes.available_gib() < wanted_gib:
            raise Failed(f"less than {wanted_gib} GiB of memory are free")
        with started(mpirun(2, programs / "pool_huge", 3)) as program:
            program.wait_until_ready()
            ranks = processes.ranks_of(program.pid)
            supervisors = [rank[0] for rank in ranks]
            on_main_rank, on_other_rank = (max(processes.peak_mib(pid) for pid in rank[1:]) / 1024 for rank in ranks)
            supervisor_peak = max(processes.peak_mib(pid) for pid in supervisors) / 1024
            found = program.finish()
        if found["rank"] != [1]:
            raise Failed("the value did not go to the other rank")
        return {
            took: found["seconds"][0],
            correct: found["correct"][0],
            fill: found["fill"][0],
            supervisor: supervisor_peak,
            worker: on_other_rank,
            main: on_main_rank,
        }

    rows = [Row(took, "s"), Row(correct, "of 1", Bar(1)), Row(fill, "s"), Row(worker, "GiB"), Row(main, "GiB"), Row(supervisor, "GiB")]
    return Line(
        "huge",
        "a 3 GiB vector there and back",
        rows,
        measure,
        ["three such vectors are made on the way, and memory that is new costs the kernel's time"],
    )


def channels(programs, name, title, bar, key, unit, counts, program="channels"):
    ours, by_python = counts

    def measure():
        return {
            RANKPOOL: run(mpirun(2, programs / program, name, ours))[key][0],
            PYTHON_PROCESS: run(python(f"{program}.py", name, by_python))[key][0],
        }

    return Line(name, title, [Row(RANKPOOL, unit, bar), peer(PYTHON_PROCESS, unit, RANKPOOL)], measure)


def pipe(programs):
    """Beside what two cores need to hand a word to each other and back, which no pipe can be faster than."""
    line = channels(
        programs,
        "pipe",
        "a small message through a pipe and back",
        Bar(0.5, of=PYTHON_PROCESS, called="Python", at_most=True),
        "us",
        "us",
        (50_000, 10_000),
    )
    word, measure_pipe = "a word in shared memory, two threads", line.measure

    def measure():
        return {**measure_pipe(), word: run([programs / "channels", "word", 1_000_000])["us"][0]}

    line.measure = measure
    line.rows.append(peer(word, "us", RANKPOOL))
    return line


def idle(programs):
    cpu, after = "an idle rank, the busier of two", "first apply after 2 s of idleness"
    by_python = "Python Pool(2), the same apply"

    def measure():
        with started(mpirun(2, programs / "pool_idle", 5)) as program:
            program.wait_until_ready()
            time.sleep(0.5)
            ranks = processes.ranks_of(program.pid)
            before, start = [processes.cpu_seconds(rank) for rank in ranks], time.monotonic()
            time.sleep(5)
            used = max(processes.cpu_seconds(rank) - was for rank, was in zip(ranks, before, strict=True))
            share = 100 * used / (time.monotonic() - start)
            found = program.finish()
        return {cpu: share, after: statistics.median(found["us"]), by_python: statistics.median(run(python("pool_idle.py", 2, 3))["us"])}

    rows = [Row(cpu, "% of a core", Bar(0.3, at_most=True)), Row(after, "us", Bar(1000, at_most=True)), Row(by_python, "us", compare=after)]
    return Line("idle", "an idle rank on one node, over 5 s", rows, measure)


def start(programs):
    more, bare = "rankpool, more than the empty program", "empty Boost.MPI program"
    pooled = "rankpool with a pool and one map, more"
    memory, bare_memory = "a rank of rankpool with a pool, more", "a rank of the empty program"
    unpooled_memory = "a rank of rankpool without a pool, more"

    def memory_of(*command):
        with started(mpirun(8, *command)) as program:
            program.wait_until_ready()
            time.sleep(0.3)
            found = [processes.proportional_mib(rank) for rank in processes.ranks_of(program.pid)]
            program.finish()
        if len(found) != 8:
            raise Failed(f"{len(found)} ranks instead of 8")
        return statistics.mean(found)

    def measure():
        program, empty = programs / "pool_empty", programs / "empty_mpi"
        pairs = []
        for _ in range(3):
            of_empty = wall_seconds(mpirun(8, empty))
            pairs.append((of_empty, wall_seconds(mpirun(8, program)) - of_empty, wall_seconds(mpirun(8, program, "pool")) - of_empty))
        of_empty, added, added_by_pool = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
        least = memory_of(empty, "hold")
        return {
            more: added,
            pooled: added_by_pool,
            bare: of_empty,
            bare_memory: least,
            memory: memory_of(program, "pool", "hold") - least,
            unpooled_memory: memory_of(program, "hold") - least,
        }

    rows = [
        Row(more, "ms", Bar(60, at_most=True)),
        Row(pooled, "ms"),
        Row(bare, "ms"),
        Row(memory, "MiB", Bar(8, at_most=True)),
        Row(unpooled_memory, "MiB"),
        Row(bare_memory, "MiB"),
    ]
    return Line(
        "start",
        "start and end of 8 ranks, and their memory (proportional set size)",
        rows,
        measure,
        ["each run is the median of 3 interleaved pairs"],
    )


def store(programs, scratch):
    rows, memory = "1 M tiny tasks, 2 ranks", "peak memory of its main worker"
    share = "2 x 5000 tasks of 1 ms, without over with"
    program = programs / "batch_store"

    def recorded(*words):
        """What the program told, and seconds from the start of the session to its end."""
        folder = Path(tempfile.mkdtemp(dir=scratch)) / "run"
        found = run(mpirun(2, program, "run", "recorded", "--progress", "none", "--run-dir", folder, *words))
        database = sqlite3.connect(folder / "results.sqlite")
        [(seconds,)] = database.execute("select ended - started from sessions")
        database.close()
        shutil.rmtree(folder)
        return found, seconds

    def measure():
        found, seconds = recorded("--tasks", 1_000_000)
        if found["rows"] != [1e6]:
            raise Failed("not every task has a row")
        steps = round(run([program, "calibrate"])["steps_per_ms"][0])
        words = ["--tasks", 10_000, "--steps", steps]
        bare = run(mpirun(2, program, "run", "bare", "--progress", "none", *words))["seconds"][0]
        return {rows: 1e6 / seconds, memory: found["peak_mib"][0], share: bare / recorded(*words)[1]}

    return Line(
        "store",
        "a recorded run: SQLite, committed as it goes",
        [Row(rows, "rows/s"), Row(memory, "MiB"), Row(share, "of 1", Bar(0.9))],
        measure,
        ["each row is an input, an attempt and a result"],
    )


def all_lines(programs, scratch):
    """In the order of the table."""
    half = Bar(0.5, of=PYTHON_PROCESS, called="Python", at_most=True)
    return [
        trivial(programs, "chunk1", "trivial tasks, chunksize 1", Bar(1e6), "rate", "tasks/s", (2_000_000, 100_000, 5_000)),
        trivial(
            programs,
            "chunks",
            "trivial tasks, default chunks",
            Bar(10e6),
            "rate",
            "tasks/s",
            (10_000_000, 4_000_000, 1_000_000),
            ["mpi4py.futures has a default chunksize of 1; it is given 1000 here"],
        ),
        trivial(programs, "apply", "one apply at a time", Bar(0.5, of=PYTHON, called="Python", at_most=True), "us", "us", (5_000, 3_000, 1_000)),
        uneven(programs, scratch),
        beside(programs),
        naps(programs),
        vectors(programs),
        huge(programs),
        pipe(programs),
        channels(programs, "queue", "a queue with one producer and one consumer", Bar(1e6), "rate", "messages/s", (2_000_000, 200_000)),
        channels(programs, "process", "start and join of a process", half, "us", "us", (200, 100)),
        channels(programs, "pool", "a pool of 64 workers made, used once and ended", half, "ms", "ms", (20, 5)),
        *(
            channels(programs, name, title, bar, "us", "us", counts, "shared_state")
            for name, title, bar, counts in (
                ("lock", "a free lock taken and given back", Bar(0.1, at_most=True), (2_000_000, 200_000)),
                ("contended", "a lock that 8 processes want, each turn", half, (400_000, 400_000)),
                ("barrier", "a round of a barrier of 8 processes", None, (2_000, 2_000)),
                ("barrier64", "a round of a barrier of 64 processes", None, (200, 200)),
                ("fetch_add", "an addition to a shared number", None, (1_000_000, 100_000)),
                ("array", "an element of a shared array written and read", half, (1_000_000, 100_000)),
                ("dict", "an entry of a shared dict written and read", half, (20_000, 5_000)),
            )
        ),
        store(programs, scratch),
        *commands.lines(programs, scratch),
        idle(programs),
        start(programs),
    ]
