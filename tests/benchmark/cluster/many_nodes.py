# SPDX-License-Identifier: MIT
"""The lines of `scripts/benchmark --cluster` on 32 nodes, and on 16 with several ranks each."""

import functools
import statistics
import time

import processes
from cluster import nodes as on
from cluster.memory import ranks_of_program
from line import Bar, Line, Row, peer
from programs import Failed

NODES, WORKERS = 32, 4  # with one rank on each
HALF = 16  # of the nodes, with several ranks on each
START_LIMIT = 60  # seconds
MIB = 64
ONE_MACHINE = "all nodes are this machine and share its cores; what they use counts as used by others"


@functools.cache
def ranks_per_node(programs):
    """The most of 8, 4 and 2 ranks on each of 16 nodes that this machine starts and ends in reasonable time."""
    for ranks in (8, 4, 2):
        try:
            on.run(on.MANY, programs, on.mpirun(programs / "empty_mpi"), HALF, ranks, limit=START_LIMIT)
            return ranks
        except on.TooSlow:
            pass
    raise Failed(f"{HALF} nodes x 2 ranks of an empty MPI program are not over within {START_LIMIT} s on this machine")


def share(found, workers):
    if found["workers"] != [workers]:
        raise Failed(f"{found['workers']} workers instead of {workers}")
    return found["share"][0]


def naps(programs, name, length, each, milliseconds):
    wide, deep = f"rankpool, {NODES} nodes x 1 rank x {WORKERS} workers", f"rankpool, {HALF} nodes, several ranks each"
    bare = "bare Boost.MPI farm, as many workers"
    notes = ["rank 0 of the farm does not work but hands out single tasks", ONE_MACHINE]

    def measure():
        words = [each, milliseconds]
        ours = on.mpirun(programs / "pool_naps", *words)
        found = {wide: share(on.run(on.MANY, programs, ours, NODES, workers=WORKERS), NODES * WORKERS)}
        ranks = ranks_per_node(programs)
        workers = HALF * ranks
        count = f"several ranks: {HALF} x {ranks} = {workers} workers, and {workers + 1} processes of the farm"
        if ranks < 8:
            count += f"; {HALF} x {2 * ranks} empty MPI ranks were not over within {START_LIMIT} s here"
        if count not in notes:
            notes.append(count)
        # The first node has the one that hands out in addition.
        farm = on.mpirun(programs / "bare_naps", *words, options=["-np", workers + 1, "--map-by", "node", "--oversubscribe"])
        return {
            **found,
            deep: share(on.run(on.MANY, programs, ours, HALF, ranks, workers=1), workers),
            bare: share(on.run(on.MANY, programs, farm, HALF, ranks), workers),
        }

    unit = "of the ideal"
    title = f"{each} naps of {length} for each worker, ideal over measured"
    return Line(name, title, [Row(wide, unit), Row(deep, unit), peer(bare, unit, deep)], measure, notes)


def apply(programs):
    rests = {"after a rest of 100 ms": (100, 30, 1000), "after a rest of 2 s": (2000, 5, 1000), "call after call": (0, 1000, 100)}

    def measure():
        return {
            row: on.run(on.MANY, programs, on.mpirun(programs / "far_apply", rest, count), NODES, workers=WORKERS)["us"][0]
            for row, (rest, count, _) in rests.items()
        }

    rows = [Row(row, "us", Bar(limit, at_most=True)) for row, (_, _, limit) in rests.items()]
    title = f"an apply by a worker of another node, of {NODES} x 1 rank x {WORKERS} workers"
    return Line("wide_apply", title, rows, measure, ["rank 0's own workers are asleep in tasks meanwhile", ONE_MACHINE])


def channels(programs, name, title, mode, key, unit, count):
    row = f"rankpool, the first and the last of {NODES}"

    def measure():
        return {row: on.run(on.MANY, programs, on.mpirun(programs / "channels", mode, count), NODES, workers=1)[key][0]}

    return Line(name, title, [Row(row, unit)], measure, [ONE_MACHINE])


def to_all(programs, name, title, mode):
    ours, bare = "rankpool", "bare Boost.MPI, the same by a collective"
    from_ranks = f"ranks that gave of it, of {NODES}"
    # Each node has its own memory for what is sent, and rank 0 a few copies.
    wanted_gib = 6

    def measure():
        if processes.available_gib() < wanted_gib:
            raise Failed(f"less than {wanted_gib} GiB of memory are free")
        words = [mode, MIB * 1024 * 1024, 3]
        found = on.run(on.MANY, programs, on.mpirun(programs / "to_all", *words), NODES, workers=1)
        peers = on.run(on.MANY, programs, on.mpirun(programs / "bare_to_all", *words), NODES)
        return {ours: found["ms"][0], bare: peers["ms"][0], from_ranks: min(found.get("ranks", [NODES]))}

    rows = [Row(ours, "ms"), peer(bare, "ms", ours)]
    if mode == "results":
        rows.append(Row(from_ranks, "ranks"))
    return Line(name, title, rows, measure, [ONE_MACHINE])


def start(programs):
    job, pooled, bare = "rankpool, more than the empty program", "rankpool with a pool and one map, more", "empty Boost.MPI program"
    commands = {
        bare: on.mpirun(programs / "empty_mpi"),
        job: on.mpirun(programs / "pool_empty"),
        pooled: on.mpirun(programs / "pool_empty", "pool"),
    }
    function = 'timed() { local start=${EPOCHREALTIME/[.,]/}; "${@:2}" || exit; echo "$1 $((${EPOCHREALTIME/[.,]/} - start))"; }'
    turn = "; ".join(f"timed {number} {command}" for number, command in enumerate(commands.values()))
    script = f"{function}\nfor _ in 1 2 3; do {turn}; done"

    def measure():
        found = on.run(on.MANY, programs, script, NODES, workers=WORKERS)
        columns = [found[str(number)] for number in range(len(commands))]
        of_empty, *more = zip(*((empty, own - empty, with_pool - empty) for empty, own, with_pool in zip(*columns, strict=True)), strict=True)
        return {row: statistics.median(times) / 1000 for row, times in zip(commands, (of_empty, *more), strict=True)}

    return Line(
        "wide_start",
        f"start and end by mpirun of {NODES} ranks on {NODES} nodes, {WORKERS} workers each",
        [Row(job, "ms"), Row(pooled, "ms"), Row(bare, "ms")],
        measure,
        ["each run is the median of 3 interleaved rounds", ONE_MACHINE],
    )


def memory(programs):
    whole, supervisor, bare = f"a rank with {WORKERS} idle workers", "its supervisor alone", "a rank of an empty MPI program"

    def ranks_of(program, *words):
        line = f"until [[ -e enough ]]; do sleep 0.1; done | {on.mpirun(program, *words, 'hold')}"
        with on.started(on.MANY, programs, line, NODES, workers=WORKERS) as job:
            job.wait_until_ready()
            time.sleep(1)
            found = ranks_of_program(program)
            (job.folder / "enough").touch()
            job.finish()
        if len(found) != NODES:
            raise Failed(f"{len(found)} ranks instead of {NODES}")
        return found

    def measure():
        ours, empty = ranks_of(programs / "pool_empty", "pool"), ranks_of(programs / "empty_mpi")
        if any(len(rank) < 1 + WORKERS for rank in ours):
            raise Failed(f"ranks of {[len(rank) for rank in ours]} processes, not of {1 + WORKERS} or more")
        mean = lambda of_ranks: statistics.mean(sum(of_rank) for of_rank in of_ranks)
        return {whole: mean(ours), supervisor: mean([rank[:1] for rank in ours]), bare: mean(empty)}

    notes = [f"text of programs and libraries, which all {NODES} ranks share here, counts a {NODES}th for each"]
    title = f"memory of a rank of {NODES} (proportional set size)"
    return Line("wide_memory", title, [Row(whole, "MiB"), Row(supervisor, "MiB"), Row(bare, "MiB")], measure, notes)


def all_lines(programs):
    """In the order of the table."""
    return [
        naps(programs, "wide_naps", "50 ms", 8, 50),
        naps(programs, "wide_naps_1s", "1 s", 4, 1000),
        apply(programs),
        channels(programs, "wide_queue", "a queue with its producer on another node", "queue", "rate", "messages/s", 5_000),
        channels(programs, "wide_pipe", "a small message through a pipe to another node and back", "pipe", "us", "us", 1_000),
        to_all(programs, "wide_broadcast", f"{MIB} MiB to {NODES} nodes, until a task on each has seen it", "broadcast"),
        to_all(programs, "wide_results", f"results of {MIB} MiB in all, a part from each of {NODES} nodes", "results"),
        start(programs),
        memory(programs),
    ]
