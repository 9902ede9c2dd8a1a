# SPDX-License-Identifier: MIT
"""shared_state.py lock|contended|barrier|barrier64|fetch_add|array|dict N: shared_state.cpp by Python's multiprocessing."""

import sys
import time
from multiprocessing import Array, Barrier, Lock, Manager, Process, Value

CROWD = 8


def use(lock, count):
    for _ in range(count):
        lock.acquire()
        lock.release()


def use_with_others(lock, barrier, count):
    barrier.wait()
    use(lock, count)
    barrier.wait()


def meet(barrier, count):
    for _ in range(count):
        barrier.wait()


def report_each(count, action):
    start = time.perf_counter()
    action()
    print("us", 1e6 * (time.perf_counter() - start) / count)


def with_others(number, target, *args):
    processes = [Process(target=target, args=args) for _ in range(number)]
    for process in processes:
        process.start()
    return processes


def measure_lock(count):
    lock = Lock()
    report_each(count, lambda: use(lock, count))


def measure_contended(count):
    barrier = Barrier(CROWD + 1)
    processes = with_others(CROWD, use_with_others, Lock(), barrier, count // CROWD)
    barrier.wait()
    report_each(count, barrier.wait)
    for process in processes:
        process.join()


def measure_barrier(count, parties=CROWD):
    barrier = Barrier(parties)
    processes = with_others(parties - 1, meet, barrier, count + 1)
    barrier.wait()
    report_each(count, lambda: meet(barrier, count))
    for process in processes:
        process.join()


def measure_fetch_add(count):
    number = Value("q", 0)

    def add():
        for _ in range(count):
            with number.get_lock():
                number.value += 1

    report_each(count, add)
    assert number.value == count


def measure_barrier64(count):
    measure_barrier(count, 64)


def measure_array(count):
    numbers = Array("d", 1000)

    def write_and_read():
        for number in range(count):
            numbers[number % 1000] = number
            assert numbers[number % 1000] == number

    report_each(count, write_and_read)


def measure_dict(count):
    with Manager() as manager:
        entries = manager.dict()

        def write_and_read():
            for number in range(count):
                entries[number % 1000] = number
                assert entries[number % 1000] == number

        report_each(count, write_and_read)


if __name__ == "__main__":
    globals()[f"measure_{sys.argv[1]}"](int(sys.argv[2]))
