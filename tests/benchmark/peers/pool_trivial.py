# SPDX-License-Identifier: MIT
"""pool_trivial.py chunk1|chunks|apply N: pool_trivial.cpp by Python's multiprocessing."""

import sys
from multiprocessing import Pool

from trivial import increment, measure

if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[2])
    chunksize = 1 if what == "chunk1" else None
    with Pool(2) as pool:
        measure(what, count, lambda n: pool.map(increment, range(n), chunksize), lambda x: pool.apply(increment, (x,)))
