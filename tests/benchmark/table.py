# SPDX-License-Identifier: MIT
"""Prints what was measured, as page/record.py keeps it, 120 columns wide at most."""

HEAD = ("", "median", "", "min - max", "ours/its", "bar", "")
WIDTHS = (44, 9, 14, 19, 11, 16, 7)
ALIGN = "<><>>><"


def number(value):
    """Three digits, with k, M and G where they shorten."""
    letter = ""
    for limit, divisor, name in ((1e9, 1e9, " G"), (1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if abs(value) >= limit:
            value, letter = value / divisor, name
            break
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}{letter}"


def spread(measured):
    return f"{number(measured['min'])} - {number(measured['max'])}"


def bar(row):
    """What a row is to reach, and whether it does."""
    if "bar" not in row:
        return "", ""
    found = row["bar"]
    words = f"{'<=' if found['at_most'] else '>='} {number(found['limit'])}{' of ' + found['called'] if found['of'] else ''}"
    return words, "reached" if found["reached"] else "short"


def compared(row):
    """`ours/its`."""
    return number(row["ours_over_its"]) if "compared" in row else ""


def runs(count):
    return "1 run" if count == 1 else f"{count} runs"


def show(*cells):
    text = " ".join(f"{cell:{align}{width - 1}}" for cell, align, width in zip(cells, ALIGN, WIDTHS, strict=True))
    print(text.rstrip(), flush=True)


def show_head():
    """`ours/its` is rankpool's number over that of the peer in the row."""
    show(*HEAD)


def show_line(line):
    """One line with all its rows."""
    count = len(line["rows"][0]["runs"])
    print(f"\n{line['name']}: {line['title']}; {runs(count)}, others used {line['others_used_cores']:.1f} cores")
    for row in line["rows"]:
        show("  " + row["name"], number(row["median"]), row["unit"], spread(row), compared(row), *bar(row))
    for note in line["notes"]:
        print(f"    {note}")


def show_sweep(sweep):
    """The medians of a plot: a row for each program, a column for each point."""
    print(f"\n{sweep['name']}: {sweep['title']}; {sweep['unit']}")
    print(f"{'  ' + sweep['x']:24}" + "".join(f"{point['shown']:>9}" for point in sweep["points"]))
    for series in sweep["series"]:
        medians = {point["x"]: number(point["median"]) for point in series["points"]}
        print(f"{'  ' + series['name']:24}" + "".join(f"{medians.get(point['x'], '-'):>9}" for point in sweep["points"]))
    for note in [*sweep["left_out"], *sweep["notes"]]:
        print(f"    {note}", flush=True)
