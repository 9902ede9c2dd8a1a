"""A run and its end in time: what starts, what is ended, what is stored and said."""

import os
import signal
import sqlite3
import time

import runs

# Also of what is started without mpirun.
os.environ["RANKPOOL_WORKERS_PER_RANK"] = "1"


class TimeLimitCli(runs.RunsTest):
    def squares_until(self, limit, *words, nap=200000, **how):
        """Tasks of 0.2 s; stderr, and how long the session took by its own records."""
        count = () if "--count" in words else ("--count", "1000")
        _, err = self.squares(*count, "--nap", str(nap), "--time-limit", limit, *words, code=75, **how)
        started, ended = self.query("select started, ended from sessions order by session")[-1]
        return "\n".join(err), ended - started

    def test_no_task_starts_that_would_be_late(self):
        for ranks in None, 2:
            with self.subTest(ranks=ranks):
                self.run_dir, journal = self.folder / f"run-{ranks}", self.folder / f"journal-{ranks}"
                err, took = self.squares_until("4s", "--journal", str(journal), ranks=ranks)
                self.assertIn("no time for another task (--time-limit, ", err)
                self.assertIn("add --resume to go on", err)
                self.assertLess(took, 4)
                self.assertGreater(took, 2.4)
                stored = self.query("select count(*) from results")[0][0]
                self.assertEqual(len(self.executed(journal)), stored)
                self.assertGreater(stored, 5)
                self.assertEqual(self.query("select exit_code from sessions"), [(75,)])
                self.assertNotIn("was ended", (self.run_dir / "run.log").read_text())

    def test_the_first_task_tells_whether_there_is_time_for_a_second(self):
        journal = self.folder / "journal"
        self.squares_until("4s", "--count", "2", "--journal", str(journal), nap=2_000_000, ranks=None)
        self.assertEqual(self.executed(journal), [0])
        self.assertNotIn("was ended", (self.run_dir / "run.log").read_text())
        self.squares("--count", "2", "--nap", "2000000", "--time-limit", "4s", "--resume", ranks=None)

    def test_a_few_long_tasks_do_not_count_alone(self):
        self.squares("--count", "10", ranks=None)
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            database.execute("update attempts set seconds = 7200 where task < 2")
        database.close()
        self.squares("--count", "20", "--time-limit", "1h", "--force-resume", ranks=None)
        # But where most are that long, no start would ever come to an end.
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            database.execute("update attempts set seconds = 7200")
        database.close()
        _, err = self.squares("--count", "30", "--time-limit", "1h", "--force-resume", ranks=None, code=2)
        self.assertIn("cannot do any task in time (--time-limit, 1:00:00 h of which", err[-1])
        self.assertIn("50 % of the tasks took up to 2:", err[-1])

    def test_earlier_sessions_tell_how_long_tasks_take(self):
        journal = self.folder / "journal"
        self.squares_until("2s", "--journal", str(journal), ranks=None)
        before = self.executed(journal)
        # It would be the same at each start, so that it is no use to try again.
        _, err = self.squares("--count", "1000", "--nap", "200000", "--journal", str(journal), "--resume", "--time-limit", "1.1s", ranks=None, code=2)
        self.assertRegex(
            err[-1], r"^rankpool: cannot do any task in time \(--time-limit, 1\.. s of which 1\.0 s are kept free; 50 % of the tasks took up to 2"
        )
        self.assertEqual(self.executed(journal), before)

    def test_what_overruns_is_ended_and_not_done(self):
        for ranks in None, 2:
            with self.subTest(ranks=ranks):
                self.run_dir = self.folder / f"run-{ranks}"
                err, took = self.squares_until("3s", nap=30_000_000, ranks=ranks)
                self.assertIn("the time is over (--time-limit, ", err)
                self.assertIn(f"), {ranks or 1} numbers were ended; add --resume to go on", err)
                self.assertLess(took, 3)
                self.assertEqual(self.query("select count(*) from attempts"), [(0,)])
                self.assertEqual(self.query("select count(*) from failures"), [(0,)])
                self.assertIn("task 0 was ended", (self.run_dir / "run.log").read_text())

    def test_before_any_task_has_ended_the_timeout_says_how_long_one_takes(self):
        words = ["--count", "1000", "--nap", "200000", "--time-limit", "3s", "--timeout"]
        _, err = self.squares(*words, "5s", ranks=None, code=2)
        self.assertIn("; a task may take 5.0 s). Give more time", err[-1])
        # Then the tasks do.
        err, took = self.squares_until("3s", "--timeout", "1.5s", "--resume", ranks=None)
        self.assertGreater(self.query("select count(*) from results")[0][0], 3)

    def test_the_margin_is_kept_free(self):
        _, took = self.squares_until("4s", "--time-margin", "3s", ranks=None)
        self.assertLess(took, 1.5)

    def test_a_run_that_ends_in_time_is_none_the_wiser(self):
        _, err = self.squares("--time-limit", "1h")
        self.assertRegex(err[-1], "^100 ok")

    def test_many_quick_tasks(self):
        _, err = self.squares("--count", "10000000", "--time-limit", "3s", code=75)
        self.assertIn("no time for another task", err[0])
        started, ended = self.query("select started, ended from sessions")[0]
        self.assertLess(ended - started, 3)
        self.assertGreater(self.query("select count(*) from results")[0][0], 1000)

    def slurm(self, left):
        """The environment of a Slurm job that has so much time left, by an squeue of our own."""
        squeue = self.write("squeue", f'#!/bin/sh\n[ "$*" = "-h -o %L -j 4711" ] && cat {self.folder}/left\n')
        squeue.chmod(0o755)
        self.write("left", left + "\n")
        return {"SLURM_JOB_ID": "4711", "PATH": f"{self.folder}:{os.environ['PATH']}"}

    def test_slurm_is_asked(self):
        _, err = self.squares("--count", "1000", "--nap", "200000", "--time-margin", "1s", ranks=None, code=75, env=self.slurm("0:03"))
        self.assertIn("no time for another task (the job's time limit, ", err[0])
        self.assertLess(self.query("select ended - started from sessions")[0][0], 3)

    def test_slurm_knows_no_limit_or_does_not_answer(self):
        _, err = self.squares(ranks=None, env=self.slurm("UNLIMITED"))
        self.assertEqual(len(err), 1)
        _, err = self.squares("--resume", ranks=None, env=self.slurm("INVALID"))
        self.assertEqual(err[0], "rankpool: cannot know the job's time limit (squeue says 'INVALID'). Give --time-limit?")

    def test_the_environment_knows_the_end(self):
        env = {"SLURM_JOB_END_TIME": str(int(time.time()) + 4)}
        _, err = self.squares("--count", "1000", "--nap", "200000", "--time-margin", "1s", ranks=None, code=75, env=env)
        self.assertIn("the job's time limit, ", err[0])

    def test_sigusr2_ends_what_runs(self):
        for ranks in None, 2:
            with self.subTest(ranks=ranks):
                self.run_dir = self.folder / f"run-{ranks}"
                numbers = self.write("numbers", "".join(f"{i}\n" for i in [1, 2, 3, 4, 5, 6]))
                words = ["--numbers", str(numbers), "--hanging", "5", "--journal", str(self.folder / f"journal-{ranks}")]
                started = self.start("run", "squares", "--run-dir", str(self.run_dir), "--progress", "none", *words, ranks=ranks)
                journal = self.folder / f"journal-{ranks}"
                runs.wait_until(lambda: journal.exists() and "5\n" in journal.read_text(), 20, "the long task is under way")
                at = time.monotonic()
                os.kill(started.pid, signal.SIGUSR2)
                ended, _, err = self.end(started)
                # mpirun takes two seconds to end itself after an exit code that is not 0.
                self.assertLess(time.monotonic() - at, 3.5 if ranks else 1)
                self.assertEqual(ended, 75, err)
                self.assertIn("told to stop and to end what runs; add --resume to go on", err)
                done = self.executed(journal)
                done.remove(5)
                # The two that were prefetched may not have begun; what has been computed is stored.
                self.assertEqual([n for (n,) in self.query("select number from results order by number")], done)
                self.assertEqual(self.query("select count(*) from failures"), [(0,)])
                self.assertEqual(self.query("select exit_code from sessions"), [(75,)])


if __name__ == "__main__":
    runs.main()
