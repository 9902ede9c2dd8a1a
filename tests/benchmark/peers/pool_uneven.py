# SPDX-License-Identifier: MIT
"""pool_uneven.py LIBRARY FILE: pool_uneven.cpp by Python's multiprocessing, with the same machine code."""

import ctypes
import sys
import time
from multiprocessing import Pool

library = ctypes.CDLL(sys.argv[1])
library.uneven_work.argtypes = [ctypes.c_uint64]
library.uneven_work.restype = ctypes.c_uint64


def work(steps):
    return library.uneven_work(steps)


def timed(name, what):
    start = time.perf_counter()
    results = what()
    print(name, time.perf_counter() - start)
    return results


if __name__ == "__main__":
    with open(sys.argv[2]) as file:
        tasks = [int(line) for line in file]
    with Pool(2) as pool:
        pool.map(work, [1, 1], 1)  # a warm-up
        for _ in range(2):
            expected = timed("serial", lambda: [work(steps) for steps in tasks])
            assert timed("parallel", lambda: pool.map(work, tasks, chunksize=1)) == expected
