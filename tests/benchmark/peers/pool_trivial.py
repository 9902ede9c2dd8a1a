# SPDX-License-Identifier: MIT
"""pool_trivial.py chunk1|chunks|apply|CHUNKSIZE N [WORKERS]: pool_trivial.cpp by Python's multiprocessing."""

import sys
from multiprocessing import Pool

from trivial import increment, measure

if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[2])
    chunksize = 1 if what == "chunk1" else int(what) if what.isdigit() else None
    with Pool(int(sys.argv[3]) if len(sys.argv) > 3 else 2) as pool:
        measure(what, count, lambda n: pool.map(increment, range(n), chunksize), lambda x: pool.apply(increment, (x,)))
