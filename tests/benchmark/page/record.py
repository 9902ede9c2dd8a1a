# SPDX-License-Identifier: MIT
"""What was measured, as it stands in benchmark.json: dictionaries and lists of all numbers, each with its runs."""

import json
import statistics
from pathlib import Path

from line import better

FORMAT = "rankpool benchmark 1"
PARTS = ("date", "runs", "machine", "versions", "lines", "sweeps")


class NotARecord(Exception):
    """A file that cannot be read as a benchmark's."""


def summary(runs):
    return {"median": statistics.median(runs), "min": min(runs), "max": max(runs), "runs": runs}


def ratio(runs, one, other):
    """Of row `one` to row `other` in the same run; the median over the runs."""
    return statistics.median(run[one] / run[other] for run in runs)


def of_bar(row, runs):
    bar = row.bar
    value = ratio(runs, row.name, bar.of) if bar.of else statistics.median(run[row.name] for run in runs)
    return {"limit": bar.limit, "at_most": bar.at_most, "of": bar.of, "called": bar.called, "value": value, "reached": bar.reached(value)}


def of_row(row, runs):
    found = {"name": row.name, "unit": row.unit, "better": better(row.unit), **summary([run[row.name] for run in runs])}
    if row.compare:
        found |= {"compared": row.compare, "ours_over_its": ratio(runs, row.compare, row.name)}
    if row.bar:
        found["bar"] = of_bar(row, runs)
    return found


def of_line(line, runs, others):
    """`others` is how many cores other programs kept busy meanwhile."""
    rows = [of_row(row, runs) for row in line.rows]
    return {"name": line.name, "title": line.title, "others_used_cores": others, "rows": rows, "notes": line.notes}


def of_sweep(sweep, measured, left_out):
    """`measured` has the runs of each point, {series: {point: [number, ...]}}."""
    series = [
        {
            "name": one.name,
            "peer": one.peer,
            "points": [{"x": x, "shown": sweep.show(x), **summary(runs)} for x, runs in measured[one.name].items()],
        }
        for one in sweep.series
    ]
    axes = {"x": sweep.x, "y": sweep.y, "unit": sweep.unit, "better": better(sweep.unit), "is_share": sweep.is_share}
    points = [{"x": x, "shown": sweep.show(x), "ideal": sweep.ideal(x) if sweep.ideal else None} for x in sweep.points]
    return {"name": sweep.name, "title": sweep.title, **axes, "points": points, "series": series, "left_out": left_out, "notes": sweep.notes}


def write(record, file):
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def read(file):
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as problem:
        raise NotARecord(f"cannot read {file} ({problem.strerror}). Is it a benchmark.json of --output?") from problem
    except ValueError as problem:
        raise NotARecord(f"cannot compare with {file} (it is not JSON: {problem}). Name a benchmark.json of --output?") from problem
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise NotARecord(f'cannot compare with {file} (it has no "format": "{FORMAT}"). Name a benchmark.json of --output?')
    missing = [part for part in PARTS if part not in found]
    if missing:
        raise NotARecord(f"cannot compare with {file} (it has no {missing[0]}: has it been changed?). Name a benchmark.json of --output?")
    return found
