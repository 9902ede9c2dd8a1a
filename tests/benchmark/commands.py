# SPDX-License-Identifier: MIT
"""The lines of `exec`: commands, and functions of Python that a command serves, with all results stored."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from line import Bar, Line, Row, peer
from programs import PEERS, Failed, at_hand, futures, mpirun, python, run

SHARE = Path(__file__).resolve().parents[2] / "src" / "share" / "rankpool"
COMMANDS = 5000
EXEC = "rankpool exec, 2 workers"
XARGS = "xargs -P2"


def seconds_of(command, stdin=""):
    """From its start to its end."""
    start = time.monotonic()
    done = subprocess.run([str(word) for word in command], input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{command[0]}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return time.monotonic() - start


def start_of_commands(programs, scratch):
    """Milliseconds from the start of a run to what its first command writes."""
    folder = Path(tempfile.mkdtemp(dir=scratch)) / "run"
    command = mpirun(2, programs / "batch_store", "exec", "--run-dir", folder, "--progress", "none", "--", "echo", "{}", ":::", "1")
    start = time.monotonic()
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        found = time.monotonic() - start
    return 1000 * found


def many_commands(programs, scratch):
    numbers = "".join(f"{i}\n" for i in range(COMMANDS))
    first, empty = "its first command under mpirun -np 2", "the same of an empty MPI program, to its end"
    peers, missing = at_hand(
        {
            XARGS: ["xargs", "-P2", "-n1", "/bin/true"],
            "GNU parallel -j2": ["parallel", "--will-cite", "-j2", "/bin/true"],
        }
    )

    def measure():
        folder = Path(tempfile.mkdtemp(dir=scratch)) / "run"
        ours = [
            programs / "batch_store",
            "exec",
            "--workers-per-rank",
            "2",
            "--run-dir",
            folder,
            "--progress",
            "none",
            "--input",
            "-",
            "--format",
            "lines",
            "--",
            "/bin/true",
            "{}",
        ]
        rates = {EXEC: COMMANDS / seconds_of(ours, numbers)}
        with sqlite3.connect(folder / "results.sqlite") as database:
            if database.execute("select count(*) from results").fetchone() != (COMMANDS,):
                raise Failed("not every command has a row")
        for name, command in peers.items():
            rates[name] = COMMANDS / seconds_of(command, numbers)
        return {**rates, first: start_of_commands(programs, scratch), empty: 1000 * seconds_of(mpirun(2, programs / "empty_mpi"))}

    unit = "commands/s"
    rows = [Row(EXEC, unit, Bar(1.0, of=XARGS, called="xargs")), *(peer(name, unit, EXEC) for name in peers), Row(first, "ms"), Row(empty, "ms")]
    return Line(
        "exec",
        f"{COMMANDS} x /bin/true, from start to end",
        rows,
        measure,
        ["rankpool stores each result; xargs and parallel store nothing", *missing],
    )


def functions(programs, scratch, name, title, milliseconds, count):
    ours = "rankpool exec --persistent, 2 workers"
    pool, mpi = "Python Pool(2), imap", "mpi4py.futures, 3 ranks (2 work)"
    words = [milliseconds, count]
    peers, missing = at_hand({pool: python("functions.py", "imap", *words), mpi: futures(3, "functions.py", "futures", *words)})

    def measure():
        folder = Path(tempfile.mkdtemp(dir=scratch)) / "run"
        numbers = "".join(f"{i}\n" for i in range(count))
        run_dir = ["--run-dir", folder, "--progress", "none", "--workers-per-rank", "2"]
        seconds_of(
            [
                programs / "batch_store",
                "exec",
                *run_dir,
                "--input",
                "-",
                "--format",
                "lines",
                "--keep-output",
                "none",
                "--env",
                f"PYTHONPATH={SHARE}",
                "--persistent",
                "--",
                sys.executable,
                PEERS / "row_server.py",
                milliseconds,
            ],
            numbers,
        )
        with sqlite3.connect(folder / "results.sqlite") as database:
            [(seconds, results)] = database.execute("select ended - started, (select count(*) from results) from sessions")
        shutil.rmtree(folder)
        if results != count:
            raise Failed("not every call has a row")
        return {ours: count / seconds, **{name: count / run(command)["seconds"][0] for name, command in peers.items()}}

    unit = "calls/s"
    rows = [Row(ours, unit, Bar(1.0, of=pool, called="Python")), *(peer(other, unit, ours) for other in peers)]
    return Line(name, title, rows, measure, ["rankpool stores each result, and has started its workers in that time", *missing])


def lines(programs, scratch):
    """In the order of the table."""
    return [
        many_commands(programs, scratch),
        functions(programs, scratch, "rows", "a function of Python that does nothing, row by row", 0, 50_000),
        functions(programs, scratch, "rows_1ms", "a function of Python of 1 ms, row by row", 1, 4_000),
    ]
