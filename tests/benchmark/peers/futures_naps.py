# SPDX-License-Identifier: MIT
"""futures_naps.py WORKERS TASKS_PER_WORKER: pool_naps.cpp by mpi4py.futures."""

import sys
import time
from pathlib import Path

# Its workers import this file too, from elsewhere.
sys.path.insert(0, str(Path(__file__).parent))

from mpi4py.futures import MPIPoolExecutor  # noqa: E402

from pool_naps import LENGTH, nap  # noqa: E402

if __name__ == "__main__":
    workers, each = int(sys.argv[1]), int(sys.argv[2])
    with MPIPoolExecutor() as executor:
        list(executor.map(nap, range(workers)))  # a warm-up
        start = time.perf_counter()
        list(executor.map(nap, range(workers * each)))
        print("share", LENGTH * each / (time.perf_counter() - start))
