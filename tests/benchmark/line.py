# SPDX-License-Identifier: MIT
"""A line of the table: its rows, what they are to reach, and how they are measured."""

from dataclasses import dataclass, field
from typing import Callable

SMALLER_IS_BETTER = {"us", "ms", "s", "MiB", "GiB", "% of a core"}


def better(unit):
    return "lower" if unit in SMALLER_IS_BETTER else "higher"


@dataclass
class Bar:
    """What a row is to reach: a number, or a part of another row in the same run."""

    limit: float
    of: str = ""  # the row whose part is meant
    called: str = ""  # that row, in a word
    at_most: bool = False  # smaller is better

    def reached(self, value):
        return value <= self.limit if self.at_most else value >= self.limit


@dataclass
class Row:
    name: str
    unit: str
    bar: Bar | None = None
    compare: str = ""  # a peer's: rankpool's row that it is compared with


@dataclass
class Line:
    name: str
    title: str
    rows: list[Row]
    measure: Callable[[], dict[str, float]]
    notes: list[str] = field(default_factory=list)


def peer(name, unit, ours):
    return Row(name, unit, compare=ours)
