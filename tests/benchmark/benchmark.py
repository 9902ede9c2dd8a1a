#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures rankpool beside its peers and prints a table; called by scripts/benchmark.

The programs of this folder and of peers/ each measure once and print "name number" lines. lines.py says which are
run for a line, and what is to be reached. It measures and does not judge: the exit code is 0 also where a bar is
missed, and 1 if something failed to run.
"""

import argparse
import os
import resource
import signal
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import across_nodes
import processes
import table
from lines import all_lines
from machine import show_machine
from programs import Failed


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(line, count):
    """The runs of a line, and how many cores others kept busy meanwhile."""
    busy, own, start = processes.machine_busy_seconds(), cpu_of_children(), time.monotonic()
    runs = []
    for number in range(count):
        if sys.stderr.isatty():
            print(f"\r{line.name}: run {number + 1} of {count} ", end="", file=sys.stderr, flush=True)
        runs.append(line.measure())
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    others = processes.machine_busy_seconds() - busy - (cpu_of_children() - own)
    return runs, max(0.0, others / (time.monotonic() - start))


def main():
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description="Measures rankpool beside its peers.")
    parser.add_argument("--programs", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=0, metavar="N", help="how often each line is run (default 5)")
    parser.add_argument("--quick", action="store_true", help="3 runs")
    parser.add_argument("--cluster", action="store_true", help="lines between nodes, on the test cluster")
    parser.add_argument("line", nargs="*", help="which lines; default all")
    options = parser.parse_args()
    if options.runs < 0:
        parser.error("--runs takes a number from 1")
    count = options.runs or (3 if options.quick else 5)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends what it has started on the way out
    with tempfile.TemporaryDirectory(prefix="rankpool-benchmark-") as scratch, across_nodes.cluster() if options.cluster else nullcontext():
        chosen = across_nodes.all_lines(options.programs) if options.cluster else all_lines(options.programs, Path(scratch))
        lines = {line.name: line for line in chosen}
        for name in options.line:
            if name not in lines:
                parser.error(f"no line {name}; there are: {' '.join(lines)}")
        show_machine()
        table.show_head()
        failed = []
        for line in lines.values():
            if options.line and line.name not in options.line:
                continue
            try:
                table.show_line(line, *measure(line, count))
            except (Failed, OSError, LookupError, ValueError) as problem:
                failed.append(line.name)
                print(f"\n{line.name}: {line.title}\n  FAILED: {type(problem).__name__}: {problem}", flush=True)
        print(f"\nLoad average at the end: {os.getloadavg()[0]:.2f}")
    if failed:
        sys.exit(f"failed to run: {' '.join(failed)}")


if __name__ == "__main__":
    main()
