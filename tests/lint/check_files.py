#!/usr/bin/env python3
"""check_files.py PROJECT: how src and jobs deal with what files and MPI return.

What std::filesystem cannot do it reports in a std::error_code, so that a name that is too long or a folder that may not
be entered is told in the program's words; only paths are put together without. Files are written by AtomicFile and what
stands on it, which sees every error of the disk; no stream of C++ or C does. MPI is called by mpi_call(), which looks at
what it returns, but for the ends of communicators and jobs. Prints each violation as file:line and ends with 1 where
there is one.
"""

import re
import sys
from pathlib import Path

CALL = re.compile(
    r"(?:\bfs|std::filesystem)::(absolute|canonical|copy\w*|create_\w+|current_path|equivalent|exists|file_size|hard_link_count"
    r"|is_(?:block_file|character_file|directory|empty|fifo|other|regular_file|socket|symlink)|last_write_time|permissions"
    r"|proximate|read_symlink|relative|remove\w*|rename|resize_file|space|status|symlink_status|temp_directory_path"
    r"|weakly_canonical|(?:recursive_)?directory_iterator(?:\s+\w+)?)\s*[({]"
)
CODE = re.compile(r"\b(?:error|ignored|code|failure|problem)\b\s*$")
WRITES = re.compile(r"\bstd::(?:ofstream|fstream|fopen|freopen)\b|(?<![\w.>])(?:::)?fopen\(")
MPI = re.compile(r"\bMPI_(?!Abort\b|Comm_free\b)[A-Z][a-z]\w*(?=\()")


def arguments(text, start):
    """What stands between the bracket before `start` and the one that closes it."""
    depth = 1
    for end in range(start, len(text)):
        depth += text[end] in "({["
        depth -= text[end] in ")}]"
        if depth == 0:
            return text[start:end]
    return text[start:]


def without_comments(text):
    """The same lines."""
    return re.sub(r"//[^\n]*", "", text)


def problems(text):
    """Line and words of each violation in a file."""
    text = without_comments(text)
    for call in CALL.finditer(text):
        inside = arguments(text, call.end())
        if inside.strip() and not CODE.search(inside.split(",")[-1]):
            yield text.count("\n", 0, call.start()) + 1, f"{call[1].split()[0]} without a std::error_code"
    for use in WRITES.finditer(text):
        yield text.count("\n", 0, use.start()) + 1, f"{use[0].strip('(')} instead of AtomicFile or OutputFile"
    for use in MPI.finditer(text):
        yield text.count("\n", 0, use.start()) + 1, f"{use[0]} without mpi_call"


def main():
    project = Path(sys.argv[1])
    files = [f for f in sorted([*project.glob("src/**/*"), *project.glob("jobs/**/*")]) if f.suffix in (".hpp", ".cpp")]
    found = [f"{file.relative_to(project)}:{line}: {what}" for file in files for line, what in problems(file.read_text(encoding="utf-8"))]
    print("\n".join(found) if found else f"{len(files)} files see what the disk says")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
