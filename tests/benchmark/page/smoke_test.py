#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""smoke_test.py PROGRAMS: one line of the benchmark is measured, written, and compared with itself.

Peers that are not installed are left out, as in the benchmark.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parents[1] / "benchmark.py"


def benchmark(*words, code=0):
    """What it prints on both; it must end with the code."""
    done = subprocess.run(
        [sys.executable, "-B", BENCHMARK, "--programs", sys.argv[1], *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print(done.stdout)
    assert done.returncode == code, done.returncode
    return done.stdout


with tempfile.TemporaryDirectory() as scratch:
    folder = Path(scratch) / "new" / "output"
    old = folder / "benchmark.json"
    benchmark("--runs", "1", "--output", folder, "apply")
    rows = json.loads(old.read_text())["lines"][0]["rows"]
    assert [row["name"] for row in rows][:2] == ["rankpool, 2 ranks", "Python Pool(2)"], rows
    assert all(row["unit"] == "us" and row["better"] == "lower" and len(row["runs"]) == 1 for row in rows), rows
    assert "apply: one apply at a time" in (folder / "benchmark.html").read_text()

    assert f"0 better, 0 worse, {len(rows)} within the noise" in benchmark("--compare", old, old)

    other = folder / "benchmark.html"
    assert f"cannot compare with {other} (it is not JSON" in benchmark("--compare", other, "apply", code=2)
    assert "there are: chunk1 " in benchmark("appl", code=2)
    assert f"cannot write to {old}" in benchmark("--output", old, "apply", code=2)
