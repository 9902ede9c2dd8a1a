# SPDX-License-Identifier: MIT
"""channels.py pipe|queue|process|pool N: channels.cpp by Python's multiprocessing."""

import statistics
import sys
import time
from multiprocessing import Pipe, Pool, Process, Queue


def send_back(connection, count):
    for _ in range(count):
        connection.send(connection.recv())


def put_all(queue, count):
    for number in range(count):
        queue.put(number)


def nothing():
    pass


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure_pipe(count):
    here, there = Pipe()
    process = Process(target=send_back, args=(there, 2 * count))
    process.start()

    def echo():
        for number in range(count):
            here.send(number)
            assert here.recv() == number

    echo()
    print("us", 1e6 * seconds(echo) / count)
    process.join()


def measure_queue(count):
    queue = Queue()
    process = Process(target=put_all, args=(queue, count))
    process.start()
    total = queue.get()

    def take():
        nonlocal total
        for _ in range(1, count):
            total += queue.get()

    took = seconds(take)
    assert total == count * (count - 1) // 2
    print("rate", (count - 1) / took)
    process.join()


def measure_processes(count):
    def one():
        process = Process(target=nothing)
        process.start()
        process.join()

    print("us", 1e6 * statistics.median(seconds(one) for _ in range(count)))


def same(number):
    return number


def measure_pools(count):
    def one():
        pool = Pool(64)
        pool.map(same, range(64), chunksize=1)
        pool.close()
        pool.join()

    print("ms", 1e3 * statistics.median(seconds(one) for _ in range(count)))


if __name__ == "__main__":
    measures = {"pipe": measure_pipe, "queue": measure_queue, "process": measure_processes, "pool": measure_pools}
    measures[sys.argv[1]](int(sys.argv[2]))
