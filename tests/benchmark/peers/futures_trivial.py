# SPDX-License-Identifier: MIT
"""futures_trivial.py chunk1|chunks|apply|CHUNKSIZE N: pool_trivial.cpp by mpi4py.futures."""

import sys
from pathlib import Path

# Its workers import this file too, from elsewhere.
sys.path.insert(0, str(Path(__file__).parent))

from mpi4py.futures import MPIPoolExecutor  # noqa: E402

from trivial import increment, measure  # noqa: E402

if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[2])
    chunksize = 1000 if what == "chunks" else int(what) if what.isdigit() else 1
    with MPIPoolExecutor() as executor:
        measure(what, count, lambda n: list(executor.map(increment, range(n), chunksize=chunksize)), lambda x: executor.submit(increment, x).result())
