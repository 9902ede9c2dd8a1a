# SPDX-License-Identifier: MIT
"""The answers as tables: for a terminal, and as Markdown."""

import statistics

import cases


class Sheet:
    """A table with a title, and notes below it."""

    def __init__(self, title, head, rows, notes=(), last=">"):
        """`last` is the side to which the last column keeps, as in a format."""
        self.title, self.head, self.rows, self.notes, self.last = title, head, rows, notes, last

    def text(self):
        widths = [max(len(str(cell)) for cell in column) for column in zip(self.head, *self.rows, strict=True)]
        sides = [">" if index < len(widths) - 1 else self.last for index in range(len(widths))]
        lines = [
            "  ".join(f"{cell!s:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()
            for row in (self.head, *self.rows)
        ]
        return "\n".join([self.title, *lines, *(f"  {note}" for note in self.notes), ""])

    def markdown(self):
        line = lambda row: "| " + " | ".join(map(str, row)) + " |"
        rule = "|" + "---:|" * len(self.head)
        return "\n".join(
            [f"**{self.title}**", "", line(self.head), rule, *map(line, self.rows), "", *(f"{note[0].upper()}{note[1:]}." for note in self.notes), ""]
        )


def count(number):
    """100, 1 000, 100 000."""
    return f"{number:,}".replace(",", " ")


def share(value):
    return f"{value:.3f}" if value >= 0.01 else f"{value:.4f}"


def microseconds(ns):
    return f"{ns / 1000:.4g}" if ns < 1e6 else f"{ns / 1000:.0f}"


def table(rows):
    head = ("workers", "task", "tasks take", "rankpool", "greedy", "guided", "factoring", "rank 0 busy")
    cells = [
        (
            count(row["workers"]),
            cases.shown(row["length"]),
            row["times"],
            *(share(row[name]) for name in ("rankpool", "greedy", "guided", "factoring")),
        )
        + (f"{row['home_busy']:.0%}",)
        for row in rows
    ]
    notes = (
        f"{cases.EACH} tasks for each worker, {cases.WORKERS_PER_NODE} workers on a node; the tasks' time over that of all workers",
        "greedy: each worker gets the next task at once, for nothing; guided and factoring: with the same costs as rankpool",
        *(f"{name}: {words}" for name, words in cases.TIMES.items() if name != words),
    )
    return Sheet("Efficiency", head, cells, notes)


def expected(points, curves):
    """Efficiency by task length and workers."""
    head = ("task", *(f"{count(workers)} workers" for workers in points))
    rows = [(cases.shown(length), *(share(answer["efficiency"]) for answer in found)) for length, found in curves.items()]
    return Sheet("Efficiency, equal tasks", head, rows, (f"{cases.EACH} tasks for each worker, {cases.WORKERS_PER_NODE} workers on a node",))


def saturation(rows):
    head = ("task", f"workers with {cases.ENOUGH:.0%}", "tasks a second at most", "rank 0 busy then")
    cells = []
    for row in rows:
        most = f"over {count(cases.MOST_WORKERS)}" if row["most_workers"] is None else count(row["most_workers"])
        rate = (count(round(row["rate"], -2 if row["rate"] >= 1000 else 0)).split(".")[0], f"{row['home_busy']:.0%}") if "rate" in row else ("", "")
        cells.append((cases.shown(row["length"]), most, *rate))
    notes = (
        f"equal tasks for a second ({cases.EACH} to 200 for each worker); the most workers at which they use {cases.ENOUGH:.0%} of their time, "
        "to within 5 %",
    )
    return Sheet("Where rank 0 is the bottleneck", head, cells, notes)


def dragon(rows):
    head = ("nodes", "workers", "items", "efficiency", "greedy", "seconds")
    cells = [
        (row["nodes"], count(64 * row["nodes"]), row["items"], share(row["efficiency"]), share(row["greedy"]), f"{row['makespan'] / cases.S:.2f}")
        for row in rows
    ]
    return Sheet("Dragon's set-up: 64 workers a node, 4 items for each", head, cells)


def losses(rows):
    head = ("workers", "task", "nodes lost", "efficiency", "handed out again")
    cells = [
        (
            count(row["workers"]),
            "10 s",
            f"{row['losses']:.0f} of {-(-row['workers'] // cases.WORKERS_PER_NODE)}",
            share(row["efficiency"]),
            f"{row['repeated']:.0f}",
        )
        for row in rows
    ]
    notes = (f"{cases.EACH} tasks for each worker; a lost node is missed after 20 s, and its tasks are handed out again",)
    return Sheet("Lost nodes", head, cells, notes)


def validation(rows, allowed):
    head = ("workers", "naps", "of", "real", "runs", "simulated", "off by", "")
    cells = [
        (
            row["workers"],
            row["each"],
            f"{row['ms']} ms",
            share(statistics.median(row["real"])),
            f"{row['real'][0]:.3f} - {row['real'][-1]:.3f}",
            share(row["simulated"]),
            f"{row['off']:+.1%}",
            "" if abs(row["off"]) <= allowed else "too far",
        )
        for row in rows
    ]
    return Sheet("Real runs on 32 nodes that share this machine's cores, and the same simulated", head, cells, last="<")


def costs(calibration):
    cells = [(name, microseconds(of["ns"]), of["how"]) for name, of in calibration["times"].items()]
    return Sheet("What costs time", ("what", "us", "how it was found"), cells, last="<")


def answer(question, found):
    ideal = found["tasks"] * question["length"] / question["workers"]
    rows = [
        ("workers", count(question["workers"])),
        ("tasks", count(round(found["tasks"]))),
        ("efficiency", share(found["efficiency"])),
        ("of greedy workers", share(found["efficiency"] / found["greedy"])),
        ("takes", f"{found['makespan'] / cases.S:.4g} s (ideal {ideal / cases.S:.4g} s)"),
        ("tasks a second", count(round(found["tasks"] / found["makespan"] * cases.S))),
        ("rank 0 busy", f"{found['home_busy']:.0%}"),
        ("batches", count(round(found["batches"]))),
        ("taken back", f"{count(round(found['recalls']))} times"),
    ]
    if found["losses"]:
        rows.append(("nodes lost", f"{found['losses']:.0f}"))
    return "\n".join(f"{name:18} {value}" for name, value in rows)
