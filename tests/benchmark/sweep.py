# SPDX-License-Identifier: MIT
"""A plot of the page: one number of rankpool and its peers, against what is varied."""

from dataclasses import dataclass, field
from typing import Callable


def always(_x):
    """No reason to leave a point out."""
    return ""


@dataclass
class Series:
    name: str
    measure: Callable[[float], float]
    peer: bool = True
    takes: Callable[[float], bool] = lambda _x: True  # which points it has


@dataclass
class Sweep:
    name: str
    title: str
    x: str  # what is varied
    points: list[float]
    show: Callable[[float], str]  # a point, with its unit
    y: str  # what is measured
    unit: str
    series: list[Series]
    ideal: Callable[[float], float] | None = None  # the best there can be
    is_share: bool = False  # from 0 to 1, not over powers of ten
    why_not: Callable[[float], str] = always  # why a point is left out, else nothing
    notes: list[str] = field(default_factory=list)
