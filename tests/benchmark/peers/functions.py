# SPDX-License-Identifier: MIT
"""functions.py imap|map|futures MILLISECONDS COUNT: work.py by Python's multiprocessing and by mpi4py.futures."""

import sys
import time
from pathlib import Path

# The workers of mpi4py import this file too, from elsewhere.
sys.path.insert(0, str(Path(__file__).parent))

from work import Work  # noqa: E402


def report(apply, count):
    """After a call of each worker, which imports what it needs."""
    apply(range(2))
    start = time.perf_counter()
    results = apply(range(count))
    print("seconds", time.perf_counter() - start)
    assert results == list(range(1, count + 1))


if __name__ == "__main__":
    kind, work, count = sys.argv[1], Work(sys.argv[2]), int(sys.argv[3])
    if kind != "futures":
        from multiprocessing import Pool

        with Pool(2) as pool:
            apply = pool.imap if kind == "imap" else pool.map
            report(lambda numbers: list(apply(work, numbers)), count)
    else:
        from mpi4py.futures import MPIPoolExecutor

        with MPIPoolExecutor() as executor:
            report(lambda numbers: list(executor.map(work, numbers)), count)
