# SPDX-License-Identifier: MIT
"""What /proc says about the processes of a job."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def parents():
    """The parent of each process."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2]
            except OSError:
                continue  # it has just ended
            found[int(entry.name)] = int(after_name.split()[1])
    return found


def ranks_of(mpirun):
    """The processes of each rank that mpirun (its pid) has started: the rank itself first."""
    parent = parents()
    ranks = {pid: [pid] for pid, above in sorted(parent.items()) if above == mpirun}
    for pid in parent:
        above = parent.get(pid)
        while above and above not in ranks:
            above = parent.get(above)
        if above in ranks:
            ranks[above].append(pid)
    return list(ranks.values())


def cpu_seconds(pids):
    """Time on a core that these processes have used; by the scheduler's own clock where the kernel shows it."""
    total = 0.0
    for pid in pids:
        try:
            tasks = list(Path(f"/proc/{pid}/task").iterdir())
            try:
                total += sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
            except OSError:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += (int(fields[11]) + int(fields[12])) / TICKS
        except OSError:
            pass  # it has ended
    return total


def _kib(file, name):
    for line in file.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise RuntimeError(f"{file} has no {name}")


def proportional_mib(pids):
    """Memory of these processes together, each shared page counted once over all that share it."""
    return sum(_kib(Path(f"/proc/{pid}/smaps_rollup"), "Pss") for pid in pids) / 1024


def peak_mib(pid):
    """The most memory that a process has had so far."""
    return _kib(Path(f"/proc/{pid}/status"), "VmHWM") / 1024


def machine_busy_seconds():
    """Time that all cores together have been busy since the machine started."""
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq, *_rest = fields
    return (user + nice + system + irq + softirq) / TICKS


def available_gib():
    return _kib(Path("/proc/meminfo"), "MemAvailable") / 1024**2


def memory_gib():
    return _kib(Path("/proc/meminfo"), "MemTotal") / 1024**2
