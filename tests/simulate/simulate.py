#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Says what a pool reaches on many nodes, by simulation; called by scripts/simulate.

The costs of messages and tasks are those of a calibration file. The exit code is 1 where a real run and the simulation
differ by more than they may, or something failed to run, and 2 for wrong use.
"""

import argparse
import re
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "benchmark"))

import answers
import calibrate
import cases
import plot
import programs
import sheet
import validate

CALIBRATION = HERE / "calibration.json"
PAGE = HERE.parents[1] / "cluster" / "EXPECTED.md"
# Enough for counting batches.
FIRST_GUESS = {"worker_frame": 6000, "receive": 2000, "send": 10_000, "results": 700, "assign": 800, "to_worker": 4000}
UNITS = {"us": 1e3, "ms": 1e6, "s": 1e9, "": 1e9, "m": 60e9, "h": 3600e9}


def duration(text):
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*(us|ms|s|m|h|)", text)
    if not found or float(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no duration. Write 50ms or 2s?")
    return float(found[1]) * UNITS[found[2]]


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1")
    return int(text)


def parser():
    words = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__.partition(";")[0] + ".")
    words.add_argument("--programs", type=lambda name: Path(name).resolve(), required=True, help=argparse.SUPPRESS)
    one = words.add_argument_group("one question")
    one.add_argument("--nodes", type=positive, metavar="N")
    one.add_argument("--workers-per-node", type=positive, default=cases.WORKERS_PER_NODE, metavar="W", help="default %(default)s")
    one.add_argument("--task-length", type=duration, metavar="L", help="such as 50ms or 2s; the mean")
    one.add_argument("--tasks", type=positive, metavar="T", help=f"default {cases.EACH} for each worker")
    one.add_argument("--chunksize", type=positive, metavar="C", help="tasks that stay together; default as many as pays")
    one.add_argument("--times", choices=list(cases.TIMES), default="equal", help="how the lengths are spread; default %(default)s")
    one.add_argument("--policy", choices=cases.POLICIES, default="rankpool", help="who decides; default %(default)s")
    one.add_argument("--node-life", type=duration, metavar="T", help="a node is lost after so long, in the mean")
    words.add_argument("--quick", action="store_true", help="no table row of more than 10 000 workers")
    words.add_argument("--plot", type=Path, metavar="DIR", help="write DIR/simulate.html and DIR/efficiency.svg")
    words.add_argument("--page", type=Path, nargs="?", const=PAGE, metavar="FILE", help="write what a user may expect; default cluster/EXPECTED.md")
    words.add_argument("--costs", action="store_true", help="show the calibration")
    words.add_argument("--validate", action="store_true", help="real runs on a test cluster of 32 nodes beside the simulation (as root)")
    words.add_argument("--runs", type=positive, default=3, metavar="N", help="real runs of each; default %(default)s")
    words.add_argument("--calibration", type=Path, default=CALIBRATION, metavar="FILE", help="default tests/simulate/calibration.json")
    words.add_argument(
        "--calibrate", type=Path, nargs="?", const=CALIBRATION, metavar="FILE", help="measure the costs anew on this machine (as root)"
    )
    return words


def write_calibration(options):
    measured = calibrate.measure(options.programs)
    short = {"length": 5e6, "tasks_per_worker": 100} | FIRST_GUESS
    (near,) = answers.all_of(options.programs / "simulate", [{"workers": 200, "workers_per_rank": 200} | short])
    found = calibrate.calibration(measured, near["batches"] / near["tasks"])
    calibrate.write(found, options.calibrate)
    print(sheet.costs(found).text())
    print(f"Written: {options.calibrate}")


def answer_one(options, model):
    question = model.question(workers=options.nodes * options.workers_per_node, length=options.task_length, times=options.times, greedy=1)
    question["policy"] = options.policy
    if options.tasks:
        question["tasks"] = options.tasks
    if options.chunksize:
        question["chunksize"] = options.chunksize
    if options.node_life:
        question["rank_life"] = options.node_life
    (found,) = model.ask([question])
    print(sheet.answer(question, found))


def show_validation(options, model, calibration):
    rows = list(validate.validate(model, calibration, options.programs, options.runs))
    print(sheet.validation(rows, validate.ALLOWED).text())
    return int(any(abs(row["off"]) > validate.ALLOWED for row in rows))


def show_all(options, model, calibration):
    most = 10_000 if options.quick else cases.WORKERS[-1]
    show = lambda table: print(table.text(), flush=True)
    show(sheet.table(cases.table(model, most)))
    show(sheet.saturation(cases.saturation(model)))
    show(sheet.dragon(cases.dragon(model)))
    show(sheet.losses(cases.losses(model)))
    if options.plot:
        plot.write(options.plot, model, calibration, most)


def run(options):
    if options.calibrate:
        return write_calibration(options)
    calibration = calibrate.read(options.calibration)
    model = cases.Model(options.programs / "simulate", calibrate.times(calibration), options.workers_per_node)
    if options.costs:
        print(sheet.costs(calibration).text())
    elif options.validate:
        return show_validation(options, model, calibration)
    elif options.nodes:
        answer_one(options, model)
    elif options.page:
        plot.write_page(options.page, model, calibration)
    else:
        show_all(options, model, calibration)
    return 0


def main():
    words = parser()
    options = words.parse_args()
    if bool(options.nodes) != bool(options.task_length):
        words.error("one question takes --nodes and --task-length")
    if options.node_life and options.policy != "rankpool":
        words.error(f"{options.policy} knows of no losses. Leave --node-life or --policy out?")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends what it has started on the way out
    try:
        return run(options) or 0
    except calibrate.NotACalibration as problem:
        print(f"scripts/simulate: {problem}", file=sys.stderr)
        return 2
    except (answers.Failed, programs.Failed) as problem:
        print(f"scripts/simulate: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
