# SPDX-License-Identifier: MIT
"""Starts the measured programs and reads what they print."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import processes

HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"
LIMIT = 300  # seconds for one program
# The same for all peers: any rank may use any core, and there may be more ranks than cores.
MPIRUN = ["mpirun", "-q", "--oversubscribe", "--bind-to", "none"]


class Failed(Exception):
    """A program that did not do what it should."""


def mpirun(ranks, *command):
    return [*MPIRUN, "-np", str(ranks), *command]


def futures(ranks, peer, *words):
    """The command for a program on mpi4py.futures; rank 0 only hands out, the others work."""
    return mpirun(ranks, sys.executable, "-m", "mpi4py.futures", PEERS / peer, *words)


def python(peer, *words):
    return [sys.executable, PEERS / peer, *words]


def package_missing(command):
    """Debian's package that a peer's command takes and that is not here, else nothing."""
    if "mpi4py.futures" in command and not importlib.util.find_spec("mpi4py"):
        return "python3-mpi4py"
    if command[0] == "parallel" and not shutil.which("parallel"):
        return "parallel"
    return ""


def at_hand(commands):
    """Those of {name: command} that can be run here, and a note for each other one."""
    missing = {name: package_missing(command) for name, command in commands.items()}
    notes = [f"{name} is left out: {package} is not installed" for name, package in missing.items() if package]
    return {name: command for name, command in commands.items() if not missing[name]}, notes


def values(text):
    """{"name": [number, ...]} from lines of "name number"."""
    found = {}
    for line in text.splitlines():
        name, _, number = line.partition(" ")
        try:
            if number:
                found.setdefault(name, []).append(float(number))
        except ValueError as problem:
            raise Failed(f"it said: {line}") from problem
    return found


def run(command):
    """Runs a program to its end and gives the values that it printed."""
    with started(command) as program:
        return program.finish()


class Program:
    def __init__(self, command):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.printed = []
        self.complaints = []
        self._drain = threading.Thread(target=lambda: self.complaints.extend(self.process.stderr), daemon=True)
        self._drain.start()
        self._watch = threading.Timer(LIMIT, self.end)
        self._watch.start()

    @property
    def pid(self):
        return self.process.pid

    def wait_until_ready(self):
        for line in self.process.stdout:
            self.printed.append(line)
            if line == "ready\n":
                return
        self.finish()
        raise Failed(f"{self}: never got ready")

    def finish(self):
        """Lets a waiting program go on, waits for its end, and gives the values that it printed."""
        try:
            self.process.stdin.write("\n")
            self.process.stdin.close()
        except OSError:
            pass  # it has ended, or does not read
        self.printed.extend(self.process.stdout)
        code = self.process.wait()
        self._drain.join()
        if code != 0:
            raise Failed(f"{self}: exit code {code}\n{''.join(self.complaints[-20:])}")
        return values("".join(self.printed))

    def end(self):
        """Ends it, with its ranks: mpirun passes TERM on to them, but not KILL."""
        if self.process.poll() is not None:
            return
        started_by_it = [pid for rank in processes.ranks_of(self.pid) for pid in rank]
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            for pid in started_by_it:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def close(self):
        self._watch.cancel()
        self.end()

    def __str__(self):
        return " ".join(word.replace(str(HERE), "tests/benchmark") for word in self.command)


@contextmanager
def started(command):
    program = Program(command)
    try:
        yield program
    finally:
        program.close()


def wall_seconds(command):
    """From the start of a program to its end."""
    start = time.monotonic()
    run(command)
    return time.monotonic() - start
