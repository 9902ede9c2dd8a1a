"""How a program ends, whatever ends it: exit codes, sentences, and nothing left behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import job
import program

ALL = (None, 1, 2, 4)
TALKING_MPIRUN = [word for word in program.MPIRUN if word != "-q"]


class Endings(job.JobTest):
    def run_to_end(self, way, ranks, **options):
        return self.end(self.start(way, ranks=ranks, **options))

    def test_the_exit_code_is_what_main_gives(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                code, _, err = self.run_to_end("three", ranks)
                self.assertEqual((code, err), (3, ""))
                code, _, err = self.run_to_end("exit", ranks)
                self.assertEqual((code, err), (7, ""))

    def test_broadcasts_under_way_do_not_hold_up_the_end(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                code, _, err = self.run_to_end("return_while_broadcasting", ranks)
                self.assertEqual((code, err), (5, ""))

    def test_an_uncaught_exception_is_printed_with_its_type(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                for way in "throw", "throw_at_work":
                    code, _, err = self.run_to_end(way, ranks)
                    self.assertEqual(code, 1)
                    self.assertIn("std::out_of_range: left over", err)
                    self.assertEqual(err.count("left over"), 1)
                code, _, err = self.run_to_end("throw_int", ranks)
                self.assertEqual(code, 1)
                self.assertIn("int: 42", err)

    def test_an_uncaught_error_of_a_task_tells_where(self):
        code, _, err = self.run_to_end("task_throws", 2)
        self.assertEqual(code, 1)
        self.assertRegex(err, r"uncaught rankpool::RemoteError: std::out_of_range: left over " r"\(raised by task 0 on rank [01], host \S+\)\n")

    def test_the_main_worker_segfaults(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                code, _, err = self.run_to_end("segfault", ranks)
                self.assertEqual(code, 128 + signal.SIGSEGV)
                self.assertRegex(err, "main worker on rank 0 was ended by signal 11")

    def test_the_main_worker_is_killed(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                for way in "kill", "kill_at_work":
                    code, _, err = self.run_to_end(way, ranks)
                    self.assertEqual(code, 128 + signal.SIGKILL)
                    self.assertRegex(err, "main worker on rank 0 was ended by signal 9")

    def test_a_supervisor_is_killed(self):
        for ranks, victim in (1, 0), (2, 0), (2, 1), (4, 0), (4, 3):
            with self.subTest(ranks=ranks, victim=victim):
                started = self.start("work", ranks=ranks, mpirun=TALKING_MPIRUN)
                started.wait_for_ready()
                os.kill(started.supervisors()[victim].pid, signal.SIGKILL)
                code, _, err = self.end(started, 10)
                self.assertNotEqual(code, 0)
                self.assertRegex(err, "rank +" + str(victim))

    def test_the_only_supervisor_is_killed_without_mpirun(self):
        started = self.start("work")
        started.wait_for_ready()
        os.kill(started.pid, signal.SIGKILL)
        self.assertEqual(self.end(started, 10)[0], -signal.SIGKILL)

    def test_a_fork_server_is_killed(self):
        for ranks, victim in (None, 0), (1, 0), (2, 0), (2, 1), (4, 2):
            with self.subTest(ranks=ranks, victim=victim):
                started = self.start("work", ranks=ranks)
                started.wait_for_ready()
                os.kill(started.fork_server(victim, bare=ranks is None).pid, signal.SIGKILL)
                code, _, err = self.end(started, 10)
                self.assertEqual(code, 75)
                self.assertIn("fork server", err)

    def test_what_tasks_have_started_ends_with_the_fork_server(self):
        for ranks in None, 2:
            with self.subTest(ranks=ranks):
                started = self.start("work_detached", ranks=ranks)
                started.wait_for_ready()
                os.kill(started.fork_server(0, bare=ranks is None).pid, signal.SIGKILL)
                self.assertEqual(self.end(started, 10)[0], 75)

    def test_signals_end_everything_within_two_seconds(self):
        for number in signal.SIGINT, signal.SIGTERM:
            for ranks in ALL:
                with self.subTest(signal=number.name, ranks=ranks):
                    started = self.start("work", ranks=ranks)
                    started.wait_for_ready()
                    begin = time.monotonic()
                    os.kill(started.pid, number)
                    job.wait_until(lambda: not started.processes(), 5, "all processes gone")
                    self.assertLess(time.monotonic() - begin, 2)
                    code, _, _ = self.end(started)
                    self.assertNotEqual(code, 0)
                    if ranks is None:
                        self.assertEqual(code, 128 + number)

    def test_processes_that_are_told_to_end_one_by_one(self):
        started = self.start("work")
        started.wait_for_ready()
        fork_server = started.fork_server(0, bare=True)
        main_worker = min(process.pid for process in started.processes() if process.parent == fork_server.pid)
        os.kill(main_worker, signal.SIGTERM)
        time.sleep(0.05)
        os.kill(started.pid, signal.SIGTERM)
        code, _, err = self.end(started)
        self.assertEqual(code, 128 + signal.SIGTERM)
        self.assertIn("the job was told to end (signal 15, from its launcher)", err)
        self.assertNotIn("main worker", err)

    def test_programs_that_differ_are_told(self):
        other = str(Path(program.PROGRAM).with_name("other_program"))
        mpirun = program.MPIRUN
        words = [*mpirun, "-np", "1", program.PROGRAM, "three", ":", "-np", "1", other]
        started = self.start_words(words)
        code, _, err = self.end(started)
        self.assertNotEqual(code, 0)
        self.assertIn("runs another program than rank 0", err)

    def test_what_workers_have_started_is_gone(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                self.assertEqual(self.run_to_end("leave_a_child", ranks)[0], 0)

    def test_stdin_is_the_main_workers(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                started = self.start("read_all", ranks=ranks, stdin=subprocess.PIPE)
                out, err = started.child.communicate("one\ntwo\n", timeout=30)
                self.assertEqual((out, err), ("0\none\ntwo\n", ""))
                self.check_clean(started)

    def test_buffered_text_is_written_once_by_each_rank(self):
        for ranks in None, 1, 2, 8:
            with self.subTest(ranks=ranks):
                _, out, _ = self.run_to_end("three", ranks)
                self.assertEqual(out.count("from cout\n"), ranks or 1)
                self.assertEqual(out.count("from printf\n"), ranks or 1)

    def test_a_large_pool_is_quiet(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                code, out, err = self.run_to_end("large_pool", ranks)
                self.assertEqual((code, out, err), (0, "333328333350000\n", ""))


if __name__ == "__main__":
    job.main()
