#!/usr/bin/env python3
"""check_includes.py PROJECT: the order of the rooms, as every #include of src and jobs shows it.

A room includes its own files and those of the rooms below it; rooms side by side do not include each other. MPI is
known in one room only. A job sees the public headers and nothing else of rankpool. Prints each violation as
file:line and ends with 1 where there is one.
"""

import re
import sys
from pathlib import Path

BELOW = {
    "core": [],
    "wire": ["core"],
    "task": ["wire"],
    "link": ["core"],
    "schedule": ["core"],
    "objects": ["link"],
    "transport": ["core"],
    "supervisor": ["transport", "objects", "schedule"],
    "worker": ["task", "link"],
    "channel": ["worker"],
    "sync": ["channel"],
    "shared": ["sync"],
    "process": ["worker"],
    "pool": ["worker"],
    "run": ["supervisor", "worker"],
    "batch": ["pool"],
    "rankpool.hpp": ["pool", "process", "shared", "run"],
    "app": ["batch", "rankpool.hpp"],
    "jobs": [],
}
# The umbrella and the program stand on what the user sees; the rank's side is behind `run`.
RANKS_SIDE = {"supervisor", "transport", "schedule", "objects"}
HIDDEN = {"rankpool.hpp": RANKS_SIDE, "app": RANKS_SIDE}
PUBLIC = {
    "rankpool/rankpool.hpp",
    "rankpool/batch/csv.hpp",
    "rankpool/batch/job.hpp",
    "rankpool/batch/output.hpp",
    "rankpool/batch/output_file.hpp",
    "rankpool/batch/table.hpp",
    "rankpool/batch/text_file.hpp",
    "rankpool/core/log.hpp",
    "rankpool/core/printable.hpp",
}
MPI = re.compile(r"mpi\.h$|mpi\.hpp$|boost/mpi|mpi-ext\.h$")
THIRD_PARTY = re.compile(r"(boost|fmt|CLI|nlohmann|Random123|SQLiteCpp|gtest|gmock)/|(csv|png|parasail|sqlite3|xxhash)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')


def reachable(room):
    """All rooms below `room`."""
    found = set()
    waiting = list(BELOW[room])
    while waiting:
        below = waiting.pop()
        if below not in found:
            found.add(below)
            waiting += BELOW[below]
    return found - HIDDEN.get(room, set())


def room_of(path):
    """The room that has a file, given as it stands in an #include; None where there is none."""
    parts = Path(path).parts
    if parts[0] == "rankpool" and len(parts) > 1:
        return parts[1]
    return parts[0] if parts[0] in ("app", "jobs") else None


def problem(file, room, header, quoted, roots):
    """What is wrong with one #include of `file`, or None."""
    if not quoted:
        if MPI.search(header) and room != "transport":
            return f"<{header}>: MPI is known in transport only"
        if THIRD_PARTY.match(header) and room == "core":
            return f"<{header}>: core stands on the standard library alone"
        if room_of(header) in BELOW:
            return f"<{header}>: files of the project are included with quotation marks"
        return None
    if ".." in Path(header).parts or not any((root / header).is_file() for root in roots):
        return f'"{header}": not a file seen from src (or, for a job, from the project)'
    other = room_of(header)
    if room == "jobs":
        return None if other == "jobs" or header in PUBLIC else f'"{header}": a job includes {" and ".join(sorted(PUBLIC))}'
    if other not in BELOW:
        return f'"{header}": no room of that name in the order'
    if other != room and other not in reachable(room):
        return f'"{header}": {room} does not stand above {other}'
    return None


def violations(project):
    """One line for each #include that breaks the order, and for each file outside the rooms."""
    found = []
    files = [f for f in sorted([*project.glob("src/**/*"), *project.glob("jobs/**/*")]) if f.suffix in (".hpp", ".cpp", ".h")]
    for file in files:
        name = file.relative_to(project)
        in_src = name.parts[0] == "src"
        room = room_of(Path(*name.parts[1:]) if in_src else name)
        if room not in BELOW:
            found.append(f"{name}: no room of that name in the order")
            continue
        roots = [project / "src"] if in_src else [project / "src", project]
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if match := INCLUDE.match(line):
                header = match[1] or match[2]
                if text := problem(file, room, header, match[2] is not None, roots):
                    found.append(f"{name}:{number}: {text}")
    return found, len(files)


def main():
    found, files = violations(Path(sys.argv[1]))
    print("\n".join(found) if found else f"{files} files keep the order")
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
