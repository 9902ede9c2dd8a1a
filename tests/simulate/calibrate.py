# SPDX-License-Identifier: MIT
"""Measures what a pool's processes take for a task on this machine, and writes it as a calibration.

Service times are processor times of a supervisor that is never idle: it has a core together with busy loops, so that
it is slower than its workers (pool_costs.cpp). What runs between nodes runs on a test cluster of network namespaces.
"""

import json
import os
import statistics
import time
from pathlib import Path

import machine
import programs
from cluster import nodes as on

FORMAT = "rankpool calibration 1"
RUNS = 3
SPIN_NS = 200_000  # Setup::awake_for: how long a supervisor looks for more before it sleeps
CLUSTER = on.Cluster(8, 9)

# Instructions of rank 0's supervisor for a task that is a batch of its own (callgrind, 8448 naps of 21 ms by 128 workers
# of two ranks, 28 November 2026): they say how a measured sum is to be divided.
INSTRUCTIONS = {
    "from_worker": (600, "Supervisor::drain_ring, RingConsumer::next, require_workers_frame"),
    "results": (2600, "Scheduler::tasks_done 2000, PoolService::pass_results and free_finished 600"),
    "to_owner": (400, "Router::send, RingProducer::push"),
    "assign": (2900, "Scheduler::next 1970, PoolService::hand_over without the send 930"),
}


def near(program, ranks, workers, *words):
    """On this machine alone."""
    command = ["env", f"RANKPOOL_WORKERS_PER_RANK={workers}", *programs.mpirun(ranks, program, *words)]
    return lambda: programs.run(command)


def far(program, nodes, workers, *words):
    """On nodes of the test cluster."""
    return lambda: on.run(CLUSTER, program.parent, on.mpirun(program, *words), nodes, workers=workers)


def all_measurements(folder):
    """{name: (what is run, which of its numbers are of interest, what it is)}"""
    costs, apply, distant, messages = (folder / name for name in ("pool_costs", "pool_trivial", "far_apply", "message_costs"))
    starved = ["home_ns", "far", "home_writes", "others_writes"]
    long, short = 21_000, 5_000  # microseconds: a batch of one task, and of several whose results go one by one
    return {
        "near_long": (near(costs, 1, 400, 40, long, 0, 12), ["home_ns"], "1 rank of 400 workers, naps of 21 ms, home starved"),
        "near_short": (near(costs, 1, 200, 100, short, 0, 12), ["home_ns", "owner_ns"], "1 rank of 200 workers, naps of 5 ms, home starved"),
        "near_idle": (near(costs, 1, 16, 100, short), ["workers_ns"], "1 rank of 16 workers, naps of 5 ms"),
        "far_long": (far(costs, 8, 100, 40, long, 0, 24), starved, "8 nodes of 100 workers, naps of 21 ms, home starved"),
        "messages": (far(messages, 8, 1, 4000, 250), ["send_ns", "receive_ns"], "8 nodes: a message of 250 bytes from rank 0 and to it"),
        "near_wake": (near(costs, 1, 1, 100, 25_000), ["home_ns"], "1 rank of 1 worker, naps of 25 ms: each frame wakes"),
        "far_naps": (far(costs, 2, 4, 40, 50_000), ["workers_ns"], "2 nodes of 4 workers, naps of 50 ms"),
        "trivial": (near(costs, 1, 2, 500_000, 0, 8), ["home_ns", "owner_ns"], "1 rank of 2 workers, inputs of 8 bytes, tasks that do nothing"),
        "bytes": (near(costs, 1, 2, 50_000, 0, 1000), ["home_ns"], "1 rank of 2 workers, inputs of 1000 bytes, tasks that do nothing"),
        "worker": (near(costs, 1, 2, 500_000, 0, 8), ["workers_ns"], "the same: a worker's time for a task that does nothing"),
        "near_apply": (near(apply, 1, 1, "apply", 3000), ["us"], "an apply on one rank, call after call"),
        "far_apply": (far(distant, 2, 1, 0, 1000), ["us"], "an apply by a worker of another node, call after call"),
        "far_rest": (far(distant, 2, 1, 2000, 5), ["us"], "the same after a rest of 2 s"),
    }


def measure(folder):
    """{name: {"what", number: {"median", "runs"}}}"""
    found = {}
    with on.at_hand():
        for name, (run, wanted, what) in all_measurements(folder).items():
            runs = [run() for _ in range(RUNS)]
            numbers = {key: sorted(each[key][0] for each in runs) for key in wanted}
            found[name] = {"what": what} | {key: {"median": statistics.median(of), "runs": of} for key, of in numbers.items()}
            print(f"{name}: {what}: " + ", ".join(f"{key} {statistics.median(of):.4g}" for key, of in numbers.items()), flush=True)
    return found


def derive(measured, batches_of_short):
    """{field of Machine: (nanoseconds, how it was found)}; `batches_of_short` are batches per task of naps of 5 ms."""
    of = lambda name, key="home_ns": measured[name][key]["median"]
    # A batch of one task, and a frame of results, of the home's own rank and of others.
    near_long, near_short, share = of("near_long"), of("near_short"), of("far_long", "far")
    far_long = (of("far_long") - (1 - share) * near_long) / share
    near_batch = (near_long - near_short) / (1 - batches_of_short)
    near_results = near_long - near_batch
    counted = {name: number for name, (number, _) in INSTRUCTIONS.items()}
    unit = near_results / (counted["from_worker"] + counted["results"] + counted["to_owner"])
    part = {name: unit * number for name, number in counted.items()}
    byte = max(0.0, (of("bytes") - of("trivial")) / (2 * 992))
    receive, send = of("messages", "receive_ns"), of("messages", "send_ns")
    counted_before = part["assign"] + part["results"] + part["to_owner"]
    messages = send * of("far_long", "home_writes") + receive * of("far_long", "others_writes")
    frame = max(0.0, (far_long - counted_before - messages) / 2)
    to_worker = near_batch - part["assign"]
    wake = max(0.0, (of("near_wake") - near_long) / 2 - SPIN_NS)
    apply, far_apply, far_rest = (1000 * of(name, "us") for name in ("near_apply", "far_apply", "far_rest"))
    divided = "measured as a sum, divided by instructions"
    network = (far_apply - apply) / 2 - receive - send
    return {
        "receive": (receive, "rank 0's time for a message that has come"),
        "send": (send, "rank 0's time for a message to a rank that is awake"),
        "frame": (
            frame,
            "half of a task of another rank as a batch of its own, with its results, less their messages and what counting, deciding and passing on take",
        ),
        "from_worker": (part["from_worker"], divided),
        "to_worker": (to_worker, "a batch to a worker of rank 0, less what deciding on it takes"),
        "wake": (wake, "half of near_wake (a nap wakes its supervisor twice, it seems), less a batch and 200 us of looking for more"),
        "asleep": (max(0.0, (far_rest - far_apply) / 4 - wake), "what a rest adds to an apply, for each of the four processes that slept"),
        "scan": (20.0, "assumed: a look into a ring whose memory is at hand"),
        "results": (part["results"], divided),
        "to_owner": (part["to_owner"], divided),
        "assign": (part["assign"], divided),
        "task": (max(0.0, of("trivial") - 2 * 12 * byte) / 3, "tasks that do nothing, thrice: input, batch, result"),
        "byte": (byte, "the difference between 8 and 1000 bytes, there and back"),
        "owner_frame": (of("near_short", "owner_ns"), "the owner's time for a frame of one result"),
        "owner_feed": (of("trivial", "owner_ns") / 2, "half of the owner's time for a task that does nothing"),
        "owner_take": (of("trivial", "owner_ns") / 2, "the other half"),
        "worker_frame": (of("near_idle", "workers_ns"), "a worker's time for a short nap and its results: an upper bound"),
        "worker_task": (of("worker", "workers_ns"), "a worker's time for a task that does nothing"),
        "network": (max(0.0, network), "half of what another node adds to an apply, less its messages"),
        "network_byte": (1.0, "assumed: 1 GB/s"),
        "local": (apply / 8, "assumed: half of an apply on one rank is waiting, on four ways"),
        "loss_notice": (20e9, "RANKPOOL_HEARTBEAT_TIMEOUT: a node is missed after so long"),
    }


def calibration(measured, batches_of_short):
    times = {name: {"ns": round(ns, 3), "how": how} for name, (ns, how) in derive(measured, batches_of_short).items()}
    return {
        "format": FORMAT,
        "date": time.strftime("%Y-%m-%d %H:%M %z"),
        "machine": machine.machine() | {"network": "TCP between network namespaces of this machine (veth and a bridge)"},
        "versions": machine.versions(),
        "load": os.getloadavg()[0],
        "instructions": {name: {"of rank 0 for a task": number, "where": where} for name, (number, where) in INSTRUCTIONS.items()},
        "nap": {"worker_frame": measured["far_naps"]["workers_ns"]["median"], "how": "a worker's time for a nap of 50 ms and its results"},
        "measured": measured,
        "batches_of_short": batches_of_short,
        "times": times,
    }


class NotACalibration(Exception):
    """A file that cannot be read as one."""


def read(file):
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as problem:
        raise NotACalibration(f"cannot read {file} ({problem.strerror}). Write one by --calibrate {file}?") from problem
    except ValueError as problem:
        raise NotACalibration(f"cannot use {file} (it is not JSON: {problem}). Write one by --calibrate {file}?") from problem
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise NotACalibration(f'cannot use {file} (it has no "format": "{FORMAT}"). Write one by --calibrate {file}?')
    return found


def write(found, file):
    Path(file).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def times(found):
    """{field of Machine: nanoseconds}"""
    return {name: value["ns"] for name, value in found["times"].items()}
