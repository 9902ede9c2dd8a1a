# SPDX-License-Identifier: MIT
"""Runs lines and sweeps, prints each when it is measured, and gives their records."""

import resource
import sys
import time

import processes
import table
from page import record
from programs import Failed

PROBLEMS = (Failed, OSError, LookupError, ValueError, ArithmeticError)


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show_progress(text=""):
    """On a terminal, one line that the next one replaces."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def told(problem):
    return f"{type(problem).__name__}: {problem}"


def line_record(line, count):
    """With how many cores others kept busy meanwhile."""
    busy, own, start = processes.machine_busy_seconds(), cpu_of_children(), time.monotonic()
    runs = []
    for number in range(count):
        show_progress(f"{line.name}: run {number + 1} of {count} ")
        runs.append(line.measure())
    others = processes.machine_busy_seconds() - busy - (cpu_of_children() - own)
    return record.of_line(line, runs, max(0.0, others / (time.monotonic() - start)))


def all_lines(lines, count, failed):
    """The records of lines; those that cannot be run come to `failed`, with the problem."""
    found = []
    for line in lines:
        try:
            found.append(line_record(line, count))
            show_progress()
            table.show_line(found[-1])
        except PROBLEMS as problem:
            show_progress()
            failed[line.name] = told(problem)
            print(f"\n{line.name}: {line.title}\n  FAILED: {failed[line.name]}", flush=True)
    return found


def point_runs(sweep, x, count, failed):
    """{series: the runs of a point}, run by run in turn."""
    runs = {series.name: [] for series in sweep.series if series.takes(x)}
    for number in range(count):
        for series in sweep.series:
            if series.name not in runs:
                continue
            show_progress(f"{sweep.name}, {sweep.show(x)}: run {number + 1} of {count}, {series.name} ")
            try:
                runs[series.name].append(series.measure(x))
            except PROBLEMS as problem:
                del runs[series.name]
                failed[f"{sweep.name}, {sweep.show(x)}, {series.name}"] = told(problem)
    return runs


def sweep_record(sweep, count, failed):
    measured, left_out = {series.name: {} for series in sweep.series}, []
    for x in sweep.points:
        why = sweep.why_not(x)
        if why:
            left_out.append(f"{sweep.show(x)} is left out: {why}")
            continue
        for name, runs in point_runs(sweep, x, count, failed).items():
            measured[name][x] = runs
    return record.of_sweep(sweep, measured, left_out)


def all_sweeps(sweeps, count, failed):
    """The records of sweeps; points that cannot be run come to `failed`, with the problem."""
    found = []
    for sweep in sweeps:
        found.append(sweep_record(sweep, count, failed))
        show_progress()
        table.show_sweep(found[-1])
    return found
