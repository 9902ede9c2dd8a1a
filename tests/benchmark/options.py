# SPDX-License-Identifier: MIT
"""The command line of scripts/benchmark."""

import argparse
import os
from pathlib import Path


def parser():
    words = argparse.ArgumentParser(prog="scripts/benchmark", description="Measures rankpool beside its peers.")
    words.add_argument("--programs", type=lambda name: Path(name).resolve(), required=True, help=argparse.SUPPRESS)
    words.add_argument("--runs", type=int, default=0, metavar="N", help="how often everything is run (default 5)")
    words.add_argument("--quick", action="store_true", help="3 runs")
    words.add_argument("--cluster", action="store_true", help="other lines, on test clusters of 4 and of 32 nodes")
    words.add_argument("--output", type=Path, metavar="DIR", help="write DIR/benchmark.json and DIR/benchmark.html, with plots")
    words.add_argument("--compare", metavar="OLD.json", help="show what became better or worse; with a second file NEW.json without measuring")
    words.add_argument("line", nargs="*", help="which lines and plots; default all lines, and with --output all plots")
    return words


def parse():
    """The options, with `runs` and `new` filled in: the second file of --compare."""
    words = parser()
    options = words.parse_args()
    if options.runs < 0:
        words.error("--runs takes a number from 1")
    options.runs = options.runs or (3 if options.quick else 5)
    files = [word for word in options.line if word.endswith(".json")]
    options.line = [word for word in options.line if word not in files]
    if len(files) > (1 if options.compare else 0):
        words.error(f"{files[-1]} is one file too many (two can be compared). Write --compare OLD.json NEW.json?")
    options.new = files[0] if files else ""
    if options.new and (options.line or options.output or options.cluster):
        words.error(f"nothing is measured where two files are compared (--compare {options.compare} {options.new}). Leave the rest out?")
    if options.output:
        make_folder(words, options.output)
    return options


def make_folder(words, folder):
    """Before anything is measured that could not be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        why = "" if os.access(folder, os.W_OK | os.X_OK) else "Permission denied"
    except OSError as problem:
        why = problem.strerror
    if why:
        words.error(f"cannot write to {folder} ({why}). Name another folder?")


def choose(options, lines, sweeps):
    """Of the lines and the sweeps, those that are asked for."""
    names = [one.name for one in [*lines, *sweeps]]
    for name in options.line:
        if name not in names:
            parser().error(f"no line {name}; there are: {' '.join(names)}")
    if not options.line:
        return lines, sweeps if options.output else []
    return [line for line in lines if line.name in options.line], [sweep for sweep in sweeps if sweep.name in options.line]
