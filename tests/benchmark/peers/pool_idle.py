# SPDX-License-Identifier: MIT
"""pool_idle.py WORKERS TRIES: the first apply after 2 s of idleness, by Python's multiprocessing."""

import os
import sys
import time
from multiprocessing import Pool

if __name__ == "__main__":
    with Pool(int(sys.argv[1])) as pool:
        pool.apply(os.getpid)
        for _ in range(int(sys.argv[2])):
            time.sleep(2)
            start = time.perf_counter()
            pool.apply(os.getpid)
            print("us", 1e6 * (time.perf_counter() - start))
