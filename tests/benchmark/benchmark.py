#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures rankpool beside its peers, prints a table and writes a page; called by scripts/benchmark.

The programs of this folder and of peers/ each measure once and print "name number" lines. lines.py and sweeps.py say
which are run, and what is to be reached. It measures and does not judge: the exit code is 0 also where a bar is
missed or a comparison says "worse", 1 if something failed to run, and 2 for wrong use.
"""

import os
import signal
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import across_nodes
import lines
import machine
import measure
import options as command_line
import sweeps
import table
from cluster import many_nodes, nodes
from page import compare, document, record


def choose(options, scratch):
    if options.cluster:
        return command_line.choose(options, [*across_nodes.all_lines(options.programs), *many_nodes.all_lines(options.programs)], [])
    return command_line.choose(options, lines.all_lines(options.programs, scratch), sweeps.all_sweeps(options.programs, scratch))


def measure_all(options):
    """The record of what is asked for; printed as it is measured."""
    where = nodes.at_hand() if options.cluster else nullcontext()
    with tempfile.TemporaryDirectory(prefix="rankpool-benchmark-") as scratch, where:
        chosen_lines, chosen_sweeps = choose(options, Path(scratch))
        found = {
            "format": record.FORMAT,
            "date": time.strftime("%Y-%m-%d %H:%M %z"),
            "runs": options.runs,
            "machine": machine.machine(),
            "versions": machine.versions(),
            "load": {"start": os.getloadavg()[0]},
        }
        machine.show_machine(found["machine"], found["versions"], found["date"])
        table.show_head()
        failed = {}
        found["lines"] = measure.all_lines(chosen_lines, options.runs, failed)
        found["sweeps"] = measure.all_sweeps(chosen_sweeps, options.runs, failed)
    found["load"]["end"] = os.getloadavg()[0]
    print(f"\nLoad average at the end: {found['load']['end']:.2f}")
    return {**found, "failed": failed}


def write(found, folder):
    record.write(found, folder / "benchmark.json")
    (folder / "benchmark.html").write_text(document.html(found), encoding="utf-8")
    print(f"\nWritten: {folder / 'benchmark.json'}, {folder / 'benchmark.html'}")


def benchmark(options):
    """Measures, writes and compares, as asked for; the exit code."""
    old = record.read(options.compare) if options.compare else None
    new = record.read(options.new) if options.new else measure_all(options)
    if options.output:
        write(new, options.output)
    if old:
        print()
        compare.show_comparison(old, new)
    if new["failed"] and not options.new:
        print(f"failed to run: {'; '.join(new['failed'])}", file=sys.stderr)
        return 1
    return 0


def main():
    options = command_line.parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends what it has started on the way out
    try:
        return benchmark(options)
    except record.NotARecord as problem:
        print(f"scripts/benchmark: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
