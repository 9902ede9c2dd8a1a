# SPDX-License-Identifier: MIT
"""pool_beside.py N: pool_beside.cpp by Python's multiprocessing."""

import statistics
import sys
import time
from multiprocessing import Pool


def nap(ms):
    time.sleep(ms / 1e3)
    return ms


if __name__ == "__main__":
    waits = []
    with Pool(2) as pool:
        pool.map(nap, [1, 1])
        for _ in range(int(sys.argv[1])):
            slow = pool.apply_async(nap, (300,))
            start = time.perf_counter()
            for result in [pool.apply_async(nap, (1,)) for _ in range(6)]:
                result.get()
            waits.append(1e3 * (time.perf_counter() - start))
            slow.get()
    print("ms", statistics.median(waits))
