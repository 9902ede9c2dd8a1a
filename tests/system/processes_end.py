"""What is left of processes that a program starts, however they and the program end: nothing."""

import os
import signal
import time

import job

ALL = (None, 1, 2, 4)


class ProcessesEnd(job.JobTest):
    def run_to_end(self, way, ranks):
        return self.end(self.start(way, ranks=ranks))

    def test_an_uncaught_exception_is_told_with_process_rank_and_host(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                code, _, err = self.run_to_end("process_throws", ranks)
                self.assertEqual(code, 11)
                self.assertIn(
                    f"process thrower on rank {(ranks or 1) - 1}, host {os.uname().nodename}, "
                    "ended with an uncaught std::out_of_range: left over\n",
                    err,
                )

    def test_the_program_waits_for_its_processes_but_for_daemons(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                code, out, err = self.run_to_end("return_early", ranks)
                self.assertEqual((code, out, err), (5, "done\n", ""))

    def test_exit_gives_the_exit_code(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                code, _, err = self.run_to_end("exit_early", ranks)
                self.assertEqual((code, err), (6, ""))

    def test_an_exception_of_the_program_ends_them_all(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                code, _, err = self.run_to_end("families_and_throw", ranks)
                self.assertEqual(code, 1)
                self.assertIn("std::out_of_range: left over", err)

    def start_families(self, ranks):
        started = self.start("families", ranks=ranks)
        main = started.wait_for_ready()
        # A supervisor, a fork server and a family of three on each rank, and the main worker; what was started is a
        # supervisor or mpirun.
        self.assertEqual(len(started.processes()), 5 * (ranks or 1) + (2 if ranks else 1))
        return started, main

    def test_the_end_of_the_main_worker_ends_them_all(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                started, main = self.start_families(ranks)
                os.kill(main, signal.SIGKILL)
                self.assertEqual(self.end(started)[0], 128 + signal.SIGKILL)

    def test_signals_end_them_all_within_two_seconds(self):
        for number in signal.SIGINT, signal.SIGTERM:
            for ranks in ALL:
                with self.subTest(signal=number.name, ranks=ranks):
                    started, _ = self.start_families(ranks)
                    begin = time.monotonic()
                    os.kill(started.pid, number)
                    job.wait_until(lambda: not started.processes(), 5, "all processes gone")
                    self.assertLess(time.monotonic() - begin, 2)
                    self.assertNotEqual(self.end(started)[0], 0)

    def test_a_lost_supervisor_takes_them_with_it(self):
        for ranks, victim in (1, 0), (2, 1), (4, 3):
            with self.subTest(ranks=ranks, victim=victim):
                started, _ = self.start_families(ranks)
                os.kill(started.supervisors()[victim].pid, signal.SIGKILL)
                self.assertNotEqual(self.end(started, 10)[0], 0)


if __name__ == "__main__":
    job.main()
