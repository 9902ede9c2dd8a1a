#!/usr/bin/env python3
"""check_includes.py PROJECT: the order of the rooms, as every #include of src and jobs shows it.

The maps, src/rankpool/README.md and src/rankpool/batch/README.md, say which room stands on which. A room includes its
own files and those of the rooms below it; rooms side by side do not include each other, and none stands, by whatever
way, on itself. MPI is known in one room only, and the rank's side to nobody above it but `run`. A job sees the public
headers and nothing else of rankpool. Every room is on a map, has a README.md, and is no hall: not more than 20
sources, and less than 12 % of all lines. Prints each violation as file:line and ends with 1 where there is one.
"""

import re
import sys
from pathlib import Path

MAPS = {"src/rankpool/README.md": "", "src/rankpool/batch/README.md": "batch/"}
RANKS_SIDE = {"transport", "schedule", "objects", "fork", "rank", "service", "supervisor"}
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
MOST_SOURCES = 20
MOST_OF_ALL = 0.12
ROW = re.compile(r"^\| (`[^|]*`) \|[^|]*\| ([^|]*) \|$")
MPI = re.compile(r"mpi\.h$|mpi\.hpp$|boost/mpi|mpi-ext\.h$")
THIRD_PARTY = re.compile(r"(boost|fmt|CLI|nlohmann|Random123|SQLiteCpp|gtest|gmock)/|(csv|png|parasail|sqlite3|xxhash)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')


def order(project):
    """For each room of the maps the rooms that it stands on. A name is looked for in its own map first."""
    rows = []
    for name, prefix in MAPS.items():
        if (project / name).is_file():
            for line in (project / name).read_text(encoding="utf-8").splitlines():
                if row := ROW.match(line):
                    rows += [(room, re.findall(r"`([^`]+)`", row[2]), prefix) for room in re.findall(r"`([^`]+)`", row[1])]
    rooms = {prefix + room for room, _, prefix in rows}
    return {prefix + room: [prefix + b if prefix + b in rooms else b for b in below] for room, below, prefix in rows}


def reachable(below, room):
    """All rooms below `room`."""
    found = set()
    waiting = list(below[room])
    while waiting:
        lower = waiting.pop()
        if lower not in found:
            found.add(lower)
            waiting += below.get(lower, [])
    return found if room in RANKS_SIDE | {"run"} else found - RANKS_SIDE


def room_of(path):
    """The room that has a file, given as it stands in an #include; None where there is none."""
    parts = Path(path).parts
    if parts[0] == "rankpool" and len(parts) > 1:
        return f"batch/{parts[2]}" if parts[1] == "batch" and len(parts) > 3 else parts[1]
    return parts[0] if parts[0] in ("app", "jobs") else None


def problem(below, room, header, quoted, roots):
    """What is wrong with one #include of a file of `room`, or None."""
    if not quoted:
        if MPI.search(header) and room != "transport":
            return f"<{header}>: MPI is known in transport only"
        if THIRD_PARTY.match(header) and room == "core":
            return f"<{header}>: core stands on the standard library alone"
        if room_of(header) in below:
            return f"<{header}>: files of the project are included with quotation marks"
        return None
    if ".." in Path(header).parts or not any((root / header).is_file() for root in roots):
        return f'"{header}": not a file seen from src (or, for a job, from the project)'
    other = room_of(header)
    if room == "jobs":
        return None if other == "jobs" or header in PUBLIC else f'"{header}": a job includes {" and ".join(sorted(PUBLIC))}'
    if other not in below:
        return f'"{header}": no room of that name on the maps'
    if other != room and other not in reachable(below, room):
        return f'"{header}": {room} does not stand above {other}'
    return None


def include_problems(project, below, files):
    """A line for each #include that breaks the order, and for each file outside the rooms."""
    for file in files:
        name = file.relative_to(project)
        in_src = name.parts[0] == "src"
        room = room_of(Path(*name.parts[1:]) if in_src else name)
        if room not in below:
            yield f"{name}: no room of that name on the maps"
            continue
        roots = [project / "src"] if in_src else [project / "src", project]
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if match := INCLUDE.match(line):
                header = match[1] or match[2]
                if text := problem(below, room, header, match[2] is not None, roots):
                    yield f"{name}:{number}: {text}"


def map_problems(project, below):
    """A line for each room of the maps that is not there, or that stands on none or on itself."""
    for room, lower in below.items():
        for other in lower:
            if other not in below:
                yield f"the maps: {room} stands on {other}, which is no room"
        if room in reachable(below, room):
            yield f"the maps: {room} stands on itself"
        if room not in ("app", "jobs") and not (project / "src/rankpool" / room).exists():
            yield f"the maps: {room} is not there"


def room_problems(project, below, files):
    """A line for each room without a README.md, and for each that has become a hall."""
    lines = {}
    sources = {}
    for file in files:
        if file.relative_to(project).parts[0] == "src":
            lines[file.parent] = lines.get(file.parent, 0) + len(file.read_text(encoding="utf-8").splitlines())
            sources[file.parent] = sources.get(file.parent, 0) + (file.suffix == ".cpp")
    everything = sum(lines.values())
    for folder, count in lines.items():
        name = folder.relative_to(project)
        if room_of(Path(*name.parts[1:], "file")) in below.keys() - {"app"} and not (folder / "README.md").is_file():
            yield f"{name}: no README.md says what to read first"
        if sources[folder] > MOST_SOURCES:
            yield f"{name}: {sources[folder]} sources (a room has at most {MOST_SOURCES}). Two rooms?"
        # A tree of a few files has no room below that share.
        if count > MOST_OF_ALL * everything and len(files) > 100:
            yield f"{name}: {count} of {everything} lines (a room has less than {MOST_OF_ALL:.0%}). Two rooms?"


def violations(project):
    """A line for each violation, and the number of files."""
    below = order(project)
    files = [f for f in sorted([*project.glob("src/**/*"), *project.glob("jobs/**/*")]) if f.suffix in (".hpp", ".cpp", ".h")]
    found = [*map_problems(project, below), *include_problems(project, below, files), *room_problems(project, below, files)]
    return found, len(files)


def main():
    found, files = violations(Path(sys.argv[1]))
    print("\n".join(found) if found else f"{files} files keep the order")
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
