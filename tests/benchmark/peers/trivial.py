# SPDX-License-Identifier: MIT
"""What the peers of pool_trivial.cpp share."""

import statistics
import time


def increment(x):
    return x + 1


def measure(what, count, map_all, apply):
    """map_all(count) gives the list of results, apply(x) one. Reports as pool_trivial.cpp does."""
    map_all(count // 10)  # a warm-up
    if what == "apply":
        times = []
        for x in range(count):
            start = time.perf_counter()
            apply(x)
            times.append(time.perf_counter() - start)
        print("us", 1e6 * statistics.median(times))
        return
    start = time.perf_counter()
    results = map_all(count)
    took = time.perf_counter() - start
    assert results[0] == 1 and results[-1] == count
    print("rate", count / took)
