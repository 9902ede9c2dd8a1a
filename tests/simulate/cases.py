# SPDX-License-Identifier: MIT
"""Which pools are simulated, and what is made of the answers."""

import math
from concurrent.futures import ThreadPoolExecutor

import answers

MS, S = 1e6, 1e9
WORKERS = (100, 1000, 10_000, 100_000)
LENGTHS = (1 * MS, 10 * MS, 100 * MS, 1 * S, 10 * S)
TIMES = {"equal": "equal", "uniform": "uniform, 0 to twice the mean", "log_normal": "log-normal, sigma 1", "giant": "equal and one giant"}
POLICIES = ("rankpool", "guided", "factoring")
WORKERS_PER_NODE = 64
EACH = 20  # tasks for each worker
ENOUGH = 0.9
MOST_WORKERS = 200_000  # that a search goes up to


def shown(ns):
    """A length as a person writes it."""
    for unit, size in (("s", S), ("ms", MS), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:g} {unit}"
    return f"{ns:g} ns"


class Model:
    """A calibrated machine of which questions can be asked."""

    def __init__(self, program, times, workers_per_node=WORKERS_PER_NODE):
        self.program = program
        self.times = times
        self.workers_per_node = workers_per_node

    def question(self, **what):
        return {"workers_per_rank": self.workers_per_node, "tasks_per_worker": EACH} | self.times | what

    def ask(self, questions):
        return answers.all_of(self.program, questions)


def table(model, most_workers):
    """A row for each number of workers, task length and distribution; the efficiencies of all policies."""
    rows = [
        {"workers": workers, "length": length, "times": times}
        for workers in WORKERS
        if workers <= most_workers
        for length in LENGTHS
        for times in TIMES
    ]
    asked = [model.question(**row, policy=policy, greedy=int(policy == "rankpool")) for row in rows for policy in POLICIES]
    found = model.ask(asked)
    for number, row in enumerate(rows):
        for policy, answer in zip(POLICIES, found[number * len(POLICIES) :], strict=False):
            row[policy] = answer["efficiency"]
            if policy == "rankpool":
                row |= {"greedy": answer["greedy"], "home_busy": answer["home_busy"]}
    return rows


def curves(model, most_workers, times="equal"):
    """Efficiency over workers, of each length."""
    points = [workers for workers in (100, 300, 1000, 3000, 10_000, 30_000, 100_000) if workers <= most_workers]
    found = model.ask([model.question(workers=workers, length=length, times=times, greedy=1) for length in LENGTHS for workers in points])
    return points, {length: found[number * len(points) : (number + 1) * len(points)] for number, length in enumerate(LENGTHS)}


def dragon(model):
    """Dragon's public set-up: 64 workers a node, 4 items for each."""
    lengths = {"0.1 s": {"length": 0.1 * S}, "0.1 to 0.8 s": {"times": "uniform", "least": 0.1 * S, "most": 0.8 * S, "length": 0.45 * S}}
    rows = [(nodes, name) for nodes in (1, 8, 64, 512, 1024) for name in lengths]
    asked = [model.question(workers=64 * nodes, workers_per_rank=64, tasks_per_worker=4, greedy=1) | lengths[name] for nodes, name in rows]
    return [{"nodes": nodes, "items": name, **answer} for (nodes, name), answer in zip(rows, model.ask(asked), strict=True)]


def losses(model):
    """Pools of which about one node in a hundred is lost, or one in ten."""
    rows = [(1000, 0.1), *((10_000, share) for share in (0, 0.01, 0.1)), (100_000, 0.01)]
    length = 10 * S
    asked = [model.question(workers=workers, length=length, **({"rank_life": EACH * length / share} if share else {})) for workers, share in rows]
    return [{"workers": workers, "share": share, **answer} for (workers, share), answer in zip(rows, model.ask(asked), strict=True)]


def most_tasks_per_second(model, length):
    """What rank 0 can do at most, where there are far more workers than it can feed."""
    workers = max(2000, round(700_000 * length / S))
    (answer,) = model.ask([model.question(workers=workers, length=length, tasks_per_worker=each_of_search(length))])
    return answer["tasks"] / (answer["makespan"] / S), answer["home_busy"]


def each_of_search(length):
    """Tasks for each worker: for a second, so that the pool's start does not count."""
    return max(EACH, min(200, round(S / length)))


def most_workers(model, length):
    """The most workers at which equal tasks of this length use `ENOUGH` of their time, to within 5 %; nothing where MOST_WORKERS do."""
    each = each_of_search(length)
    enough = lambda workers: model.ask([model.question(workers=workers, length=length, tasks_per_worker=each)])[0]["efficiency"] >= ENOUGH
    low, high = 0, 8
    while enough(high):
        if high == MOST_WORKERS:
            return None
        low, high = high, min(4 * high, MOST_WORKERS)
    while low > 0 and high / low > 1.05 and high - low > 1:
        middle = round(math.sqrt(low * high))
        low, high = (middle, high) if enough(middle) else (low, middle)
    return low


def saturation_of(model, length):
    row = {"length": length, "most_workers": most_workers(model, length)}
    if length < 1 * S:
        row["rate"], row["home_busy"] = most_tasks_per_second(model, length)
    return row


def saturation(model):
    """A row for each task length: where rank 0 is the bottleneck."""
    with ThreadPoolExecutor(answers.AT_ONCE) as threads:
        return list(threads.map(lambda length: saturation_of(model, length), LENGTHS))
