# SPDX-License-Identifier: MIT
"""Says where the numbers come from."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

import processes

PROJECT = Path(__file__).resolve().parents[2]


def first_line(*command):
    """What a program says of its version; nothing where it is not here."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.partition("\n")[0]


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def found_in(file, pattern):
    """The first group of a pattern in a file, or nothing."""
    try:
        match = re.search(pattern, file.read_text(encoding="utf-8"))
    except OSError:
        return ""
    return match[1] if match else ""


def rankpool():
    """Version and, in a clone, commit."""
    version = found_in(PROJECT / "CMakeLists.txt", r"project\(\s*rankpool\s+VERSION\s+([\d.]+)")
    commit = first_line("git", "-C", PROJECT, "describe", "--always", "--dirty")
    return version if not commit or commit.startswith("fatal") else f"{version} ({commit})"


def mpi4py():
    try:
        return importlib.metadata.version("mpi4py")
    except importlib.metadata.PackageNotFoundError:
        return ""


def machine():
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(processes.memory_gib(), 1),
        "free_gib": round(processes.available_gib(), 1),
        "kernel": f"Linux {platform.release()}",
    }


def versions():
    """Nothing for what is not here."""
    return {
        "rankpool": rankpool(),
        "Open MPI": first_line("mpirun", "--version").rpartition(" ")[2],
        "Boost": found_in(Path("/usr/include/boost/version.hpp"), r'BOOST_LIB_VERSION "(\w+)"').replace("_", "."),
        "compiler": first_line("g++", "--version"),
        "Python": platform.python_version(),
        "mpi4py": mpi4py(),
        "GNU parallel": first_line("parallel", "--version").rpartition(" ")[2],
    }


def show_machine(machine, versions, date):
    print(f"{machine['cores']} cores ({machine['cpu']}), {machine['free_gib']:.0f} GiB free, {machine['kernel']}; {date}")
    print(", ".join(f"{name} {version or 'none'}" for name, version in versions.items()))
    print(f"Load average at the start: {' '.join(f'{load:.2f}' for load in os.getloadavg())}\n")
