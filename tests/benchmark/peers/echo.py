# SPDX-License-Identifier: MIT
"""echo.py pool|futures TRIPS BYTES: `pool_vectors TRIPS BYTES` by Python's multiprocessing and by mpi4py.futures."""

import statistics
import sys
import time


def echo(value):
    return value


def report(apply, trips, size):
    """GB/s of a value that goes to the other process and comes back, as a `bytes`, the best that Python can do."""
    value, times = bytes(size), []
    for trip in range(-2, trips):  # two to warm up
        start = time.perf_counter()
        back = apply(echo, value)
        if trip >= 0:
            times.append(time.perf_counter() - start)
        assert len(back) == size
        del back
    print("rate", 2 * size / 1e9 / statistics.median(times))


if __name__ == "__main__":
    kind, trips, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if kind == "pool":
        from multiprocessing import Pool

        with Pool(1) as pool:
            report(lambda function, value: pool.apply(function, (value,)), trips, size)
    else:
        from mpi4py.futures import MPIPoolExecutor

        with MPIPoolExecutor() as executor:
            report(lambda function, value: executor.submit(function, value).result(), trips, size)
