# SPDX-License-Identifier: MIT
"""pool_naps.py WORKERS TASKS_PER_WORKER: pool_naps.cpp by Python's multiprocessing."""

import sys
import time
from multiprocessing import Pool

LENGTH = 0.05


def nap(number):
    time.sleep(LENGTH)
    return number


if __name__ == "__main__":
    workers, each = int(sys.argv[1]), int(sys.argv[2])
    with Pool(workers) as pool:
        pool.map(nap, range(workers), chunksize=1)  # a warm-up
        start = time.perf_counter()
        pool.map(nap, range(workers * each), chunksize=1)
        print("share", LENGTH * each / (time.perf_counter() - start))
