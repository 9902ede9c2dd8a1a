# SPDX-License-Identifier: MIT
"""Two records beside each other: what became better, what worse, and what is within the noise."""

from dataclasses import dataclass

from table import number

NOISE = 0.05  # medians that differ by less are the same
SAME = "within the noise"
WIDTHS = (50, 10, 10, 15, 9, 18)
ALIGN = "<>><><"


@dataclass
class Number:
    """What was measured under one name: its unit, which direction is better, and the runs."""

    line: str
    name: str
    unit: str
    better: str
    median: float
    low: float
    high: float

    @property
    def key(self):
        return self.line, self.name


def of_line(line):
    for row in line["rows"]:
        yield Number(line["name"], row["name"], row["unit"], row["better"], row["median"], row["min"], row["max"])


def of_sweep(sweep):
    for series in sweep["series"]:
        for point in series["points"]:
            name = f"{series['name']} at {point['shown']}"
            yield Number(sweep["name"], name, sweep["unit"], sweep["better"], point["median"], point["min"], point["max"])


def numbers(record):
    """All of a record, by line and name."""
    found = [number for line in record["lines"] for number in of_line(line)]
    found += [number for sweep in record["sweeps"] for number in of_sweep(sweep)]
    return {number.key: number for number in found}


def verdict(old, new):
    """Better or worse where no run of one is among those of the other, and the medians differ by more than the noise."""
    overlap = new.low <= old.high and old.low <= new.high
    if overlap or abs(new.median - old.median) <= NOISE * abs(old.median):
        return SAME
    return "better" if (new.median > old.median) == (new.better == "higher") else "worse"


def show(*cells):
    print(" ".join(f"{cell:{align}{width - 1}}" for cell, align, width in zip(cells, ALIGN, WIDTHS, strict=True)).rstrip(), flush=True)


def show_difference(old, new):
    """Where and of what they were measured, as far as that is not the same."""
    for part in ("machine", "versions"):
        for name, was in old[part].items():
            now = new[part].get(name, "")
            if was != now and name != "free_gib":
                print(f"  {name}: {was or 'none'}, now {now or 'none'}")
    if old["runs"] != new["runs"]:
        print(f"  runs of each: {old['runs']}, now {new['runs']}")
    if min(old["runs"], new["runs"]) == 1:
        print("  one run has no spread: take what differs for a hint")


def show_both(old, new):
    """A row for all that both have; gives what became of each."""
    before, after = numbers(old), numbers(new)
    both = [key for key in after if key in before]
    verdicts, line = [], ""
    for key in both:
        was, now = before[key], after[key]
        if now.line != line:
            line = now.line
            print(f"\n{line}")
        verdicts.append(verdict(was, now))
        share = number(now.median / was.median) if was.median else ""
        show("  " + now.name, number(was.median), number(now.median), now.unit, share, verdicts[-1])
    for title, ours, theirs in (("old", before, after), ("new", after, before)):
        alone = [f"{line}: {name}" for line, name in ours if (line, name) not in theirs]
        if alone:
            print(f"\nonly in the {title} one: {'; '.join(alone)}")
    return verdicts


def show_comparison(old, new):
    print(f"Old: {old['date']}, new: {new['date']}")
    show_difference(old, new)
    print()
    show("", "old", "new", "", "new/old", "")
    verdicts = show_both(old, new)
    counts = ", ".join(f"{verdicts.count(what)} {what}" for what in ("better", "worse", SAME))
    print(f"\n{counts}; better and worse: no run of one is among those of the other, and the medians differ by more than {NOISE:.0%}")
