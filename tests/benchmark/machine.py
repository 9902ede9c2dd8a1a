# SPDX-License-Identifier: MIT
"""Says where the numbers come from."""

import os
import platform
import subprocess
import time
from pathlib import Path

import mpi4py

import processes


def first_line(*command):
    """What a program says of its version."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.partition("\n")[0]


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def show_machine():
    cores = len(os.sched_getaffinity(0))
    print(
        f"{cores} cores ({cpu_model()}), {processes.available_gib():.0f} GiB free, Linux {platform.release()}; " f"{time.strftime('%Y-%m-%d %H:%M')}"
    )
    print(
        f"{first_line('mpirun', '--version')}, {first_line('g++', '--version')}, " f"Python {platform.python_version()}, mpi4py {mpi4py.__version__}"
    )
    print(f"Load average at the start: {' '.join(f'{load:.2f}' for load in os.getloadavg())}\n")
