# SPDX-License-Identifier: MIT
"""Prints the measured lines, 120 columns wide at most."""

import statistics

HEAD = ("", "median", "", "min - max", "ours/its", "bar", "")
WIDTHS = (44, 9, 14, 19, 11, 16, 7)
ALIGN = "<><>>><"


def number(value):
    """Three digits, with k and M where they shorten."""
    letter = ""
    for limit, divisor, name in ((1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if abs(value) >= limit:
            value, letter = value / divisor, name
            break
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}{letter}"


def show(*cells):
    text = " ".join(f"{cell:{align}{width - 1}}" for cell, align, width in zip(cells, ALIGN, WIDTHS, strict=True))
    print(text.rstrip(), flush=True)


def show_head():
    """`ours/its` is rankpool's number over that of the peer in the row."""
    show(*HEAD)


def ratio(runs, one, other):
    """Of row `one` to row `other` in the same run; the median over the runs."""
    return statistics.median(run[one] / run[other] for run in runs)


def show_bar(row, runs, median):
    if not row.bar:
        return "", ""
    value = ratio(runs, row.name, row.bar.of) if row.bar.of else median
    bar = f"{'<=' if row.bar.at_most else '>='} {number(row.bar.limit)}{' of ' + row.bar.called if row.bar.of else ''}"
    return bar, "reached" if row.bar.reached(value) else "short"


def show_row(row, runs):
    measured = [run[row.name] for run in runs]
    median = statistics.median(measured)
    spread = f"{number(min(measured))} - {number(max(measured))}"
    compared = number(ratio(runs, row.compare, row.name)) if row.compare else ""
    show("  " + row.name, number(median), row.unit, spread, compared, *show_bar(row, runs, median))


def show_line(line, runs, others):
    """One line with all its rows; `others` is how many cores other programs kept busy meanwhile."""
    times = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    print(f"\n{line.name}: {line.title}; {times}, others used {others:.1f} cores")
    for row in line.rows:
        show_row(row, runs)
    for note in line.notes:
        print(f"    {note}")
