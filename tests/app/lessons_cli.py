"""The first lessons of Python's multiprocessing, and what the program tells about the cost of processes."""

import collections
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

ALL = (None, 1, 2, 4)


class LessonsCli(program.ProgramTest):
    def test_two_processes_compute(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                lines = self.succeed("run", "heavy_math", ranks=ranks).splitlines()
                self.assertEqual(sorted(lines), sorted(f"Process {name} {what}" for name in "AB" for what in ("starting...", "finished.")))
                for name in "AB":
                    self.assertLess(lines.index(f"Process {name} starting..."), lines.index(f"Process {name} finished."))

    def test_a_worker_puts_into_a_queue(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                self.assertEqual(self.succeed("run", "first_queue", ranks=ranks), "Data from worker\n")

    def test_a_pool_of_four_squares(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                self.assertEqual(self.succeed("run", "first_pool", ranks=ranks), "[1, 4, 9, 16, 25]\n")

    def test_processes_move_money_under_a_lock(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                self.assertEqual(self.succeed("run", "first_lock", ranks=ranks), "200 transfers by 4 processes: 800 in the bank, as before\n")

    def test_stripes_live_in_step(self):
        size = 20
        alive = {(9, 10), (9, 11), (10, 9), (10, 10), (11, 10)}
        for _ in range(30):
            near = collections.Counter(((i + a) % size, (k + b) % size) for i, k in alive for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b)
            alive = {cell for cell, n in near.items() if n == 3 or (n == 2 and cell in alive)}
        for ranks, processes in ((None, 1), (1, 3), (2, 4), (4, 64)):
            with self.subTest(ranks=ranks):
                words = ("--size", size, "--generations", 30, "--processes", processes)
                self.assertEqual(self.succeed("run", "life", *words, ranks=ranks), f"generation 30: {len(alive)} alive\n")

    def test_overhead_measures_and_explains(self):
        text = self.succeed("overhead", ranks=2)
        for pattern in (
            r"start and join +[\d.]+ ms median",
            r"memory +[\d.]+ MiB",
            r"a double +8 ",
            r"on this node +[\d.]+ us median",
            r"map with chunksize=1 +[\d.]+ us",
            r"one by one with less than 1 % lost takes [\d.]+ [um]s",
            r"tasks of +1 ms: \d+",
        ):
            self.assertRegex(text, pattern)

    def test_compare_shows_what_is_shared(self):
        text = self.succeed("compare", "--tasks", 12, "--seconds-per-task", 0.005, ranks=2)
        self.assertRegex(text, r"serial .* 12 in the one process\n")
        self.assertRegex(text, r"threads .* shared: 12 for all of them\n")
        counts = re.search(r"ranks .* private: 0 in the main process, (\d+) \+ (\d+) in the workers\n", text)
        self.assertEqual(int(counts[1]) + int(counts[2]), 12)


if __name__ == "__main__":
    program.main()
