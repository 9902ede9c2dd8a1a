# SPDX-License-Identifier: MIT
"""build_times.py PROJECT [--runs N]: what a user's job and pool cost to compile, beside a reference file, and the dearest
files of the builds that there are. scripts/build-times calls it."""

import argparse
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

# What is compiled, what it is called, and the seconds it should take on the machine of the first measurements.
FILES = [
    ("reference", "ten standard headers and Boost.Serialization", None),
    ("pool", "a program with pool.map<f>", 3.5),
    ("job", "a job: a struct in and out, two options, finish", 8.0),
]
DEAREST = 10


def words_of_a_job(build):
    """The compiler's words for a job of the program, without its file."""
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        if entry["file"].endswith("/jobs/pi.cpp"):
            words = shlex.split(entry["command"])
            while len(words) > 1 and not Path(words[1]).name.startswith("-") and "++" in Path(words[1]).name:
                del words[0]  # a launcher, such as ccache
            return words[: words.index("-o")]
    sys.exit(f"{build} has no jobs. Configure it with RANKPOOL_BUILD_PROGRAM=ON?")


def seconds(words, file, scratch):
    """User and system seconds of one compilation."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*words, "-o", scratch / "object.o", "-c", file], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def dearest(log):
    """Seconds by the wall clock and names of the objects that took longest when they were last built."""
    took = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            begin, end, _, output, _ = line.split("\t")
            # Ninja remembers files that are no more.
            if output.endswith(".o") and (log.parent / output).is_file():
                took[output] = (int(end) - int(begin)) / 1e3
    return sorted(((time, name) for name, time in took.items()), reverse=True)[:DEAREST], sum(took.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    build = given.project / "build/release"
    words = words_of_a_job(build)
    os.chdir(build)
    found = {name: [] for name, _, _ in FILES}
    with tempfile.TemporaryDirectory() as scratch:
        # In turn, so that a busy moment is everybody's.
        for _ in range(given.runs):
            for name in found:
                file = given.project / "tests/benchmark/build_times" / f"{name}.cpp"
                found[name].append(seconds(words, file, Path(scratch)))
    reference = statistics.median(found["reference"])
    for name, what, bar in FILES:
        median = statistics.median(found[name])
        aim = f", bar {bar:.1f} s" if bar else ""
        print(f"{name:<10} {median:5.1f} s, {median / reference:4.2f} of the reference{aim}: {what}")
    for preset in "release", "dev":
        log = given.project / f"build/{preset}/.ninja_log"
        if log.is_file():
            files, total = dearest(log)
            print(f"\nbuild/{preset}: {total:.0f} s of compilers when last built, the dearest:")
            for time, name in files:
                print(f"  {time:5.1f} s  {name}")


if __name__ == "__main__":
    main()
