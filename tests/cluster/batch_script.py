"""cluster/rankpool.sbatch and rankpool itself: starts, signals, requeues, time limits and ends, as Slurm and the run record them."""

import os
import sqlite3
import subprocess
import time

import testbed

import job

RANKPOOL = os.environ["RANKPOOL_PROGRAM"]
SCRIPT = testbed.PROJECT / "cluster" / "rankpool.sbatch"
# A row's task notes its start and its end.
NOTE = 'echo "start $1" >> "$3"; sleep "$2"; echo "end $1" >> "$3"'


class BatchScript(testbed.ClusterTest):
    def setUp(self):
        super().setUp()
        self.run_dir = self.folder / "run"
        self.journal = self.folder / "journal"

    def start(self, *words, options=("--ntasks-per-node=2",), launcher="mpirun", **env):
        """The script's job, with two ranks on each of four nodes and recovery without a trial."""
        env = {"RANKPOOL": RANKPOOL, "RUN_DIR": str(self.run_dir), "LAUNCHER": launcher, "RECOVERY": "on", **env}
        output = self.folder / f"{time.monotonic_ns()}.out"
        return self.submit_script(SCRIPT, *options, output=output, words=words, env=env)

    def start_rows(self, tasks, seconds, *words, **how):
        """A run of so many tasks that note themselves."""
        rows = self.write("rows.csv", "id\n" + "".join(f"{i}\n" for i in range(tasks)))
        words = ["exec", "--input", rows, "--progress", "none", *words, "--", "sh", "-c", NOTE, "sh", "{id}", seconds, self.journal]
        return self.start(*words, **how)

    def in_new_folder(self, name, **params):
        """A subtest with a run and notes of its own."""
        self.run_dir = self.folder / f"run-{name}"
        self.journal = self.folder / f"journal-{name}"
        return self.subTest(name, **params)

    def query(self, text, run_dir=None):
        """Rows of the run's database."""
        database = sqlite3.connect((run_dir or self.run_dir) / "results.sqlite")
        rows = database.execute(text).fetchall()
        database.close()
        return rows

    def noted(self, what):
        """The numbers of the tasks that noted their `start` or `end`, in this order."""
        if not self.journal.exists():
            return []
        return [int(line.split()[1]) for line in self.journal.read_text().splitlines() if line.startswith(what)]

    def wait_for_tasks(self, more=12):
        """Until so many more tasks have come to their end."""
        before = len(self.noted("end"))
        job.wait_until(lambda: len(self.noted("end")) >= before + more, 90, f"{more} more tasks after {before}")

    def check_end(self, batch, state, code, seconds=90):
        """How Slurm says that it ended; what it wrote. Then no more of it comes."""
        ended, ended_with, text = batch.end(seconds)
        self.assertEqual((ended, ended_with), (state, code), text)
        return text

    def check_restarts(self, batch, expected):
        """So often has it been started again; once more where Open MPI has failed to start, see cluster/README.md."""
        self.assertIn(int(batch.record()["Restarts"]), [expected, expected + 1], batch.said())

    def check_results(self, tasks, sessions):
        """Each task has one result, and each start has ended with the exit code that the run has recorded."""
        self.assertEqual(self.query("select id from results order by task"), [(i,) for i in range(tasks)])
        self.assertEqual(self.query("select count(*) from failures"), [(0,)])
        self.assertEqual([code for (code,) in self.query("select exit_code from sessions order by session")], sessions)

    def test_a_time_limit_of_one_minute_for_three_minutes_of_work(self):
        batch = self.start_rows(180, 1, options=["--nodes=2", "--ntasks-per-node=1", "--time=1"])
        text = self.check_end(batch, "COMPLETED", 0, 240)
        self.check_results(180, [75, 0])
        self.assertIn("no time for another task (the job's time limit, ", text)
        self.assertIn("not done (exit code 75), so Slurm starts it again: start 2 of at most 50", text)
        self.check_restarts(batch, 1)
        # What was begun was finished.
        self.assertEqual(sorted(self.noted("start")), list(range(180)))
        self.assertEqual(sorted(self.noted("end")), list(range(180)))
        self.assertNotIn("was ended", (self.run_dir / "run.log").read_text())
        # And no time was wasted.
        self.assertGreater(self.query("select ended - started from sessions where session = 1")[0][0], 40)

    def test_signals_requeues_and_more_urgent_work(self):
        for launcher in testbed.LAUNCHERS:
            with self.in_new_folder(launcher):
                batch = self.start_rows(240, 0.5, launcher=launcher)
                self.wait_for_tasks()
                testbed.must("run", "scancel", "--signal=USR1", "--batch", batch.number)
                job.wait_until(lambda: "start 2 of" in batch.said(), 15, "it drains")
                # What was begun was finished.
                self.assertEqual(sorted(self.noted("start")), sorted(self.noted("end")))
                self.wait_for_tasks()
                testbed.must("run", "scontrol", "requeue", batch.number)
                self.wait_for_tasks()
                testbed.must("run", "srun", "--partition=urgent", "--nodes=4", "--exclusive", "true")
                self.check_end(batch, "COMPLETED", 0)
                self.check_restarts(batch, 3)
                # A start that Slurm kills may not live to record its end.
                second, third = [code for (code,) in self.query("select exit_code from sessions order by session")][1:3]
                self.assertLessEqual({second, third}, {75, None})
                self.check_results(240, [75, second, third, 0])

    def test_scancel_is_the_end_until_it_is_submitted_again(self):
        for launcher in testbed.LAUNCHERS:
            with self.in_new_folder(launcher):
                batch = self.start_rows(60, 0.5, launcher=launcher)
                self.wait_for_tasks()
                testbed.must("run", "scancel", batch.number)
                self.assertEqual(batch.end()[0], "CANCELLED")
                time.sleep(3)
                self.assertEqual(batch.record()["JobState"], "CANCELLED")
                job.wait_until(lambda: not batch.processes(), 5, "all are gone")
                stored = self.query("select count(*) from results")[0][0]
                self.assertGreaterEqual(stored, 1)
                self.check_end(self.start_rows(60, 0.5, launcher=launcher), "COMPLETED", 0)
                # A start that Slurm kills may not live to record its end.
                first = self.query("select exit_code from sessions where session = 1")[0][0]
                self.assertIn(first, [75, None])
                self.check_results(60, [first, 0])
                self.assertEqual(self.query("select count(*) from attempts where session = 2"), [(60 - stored,)])

    def test_a_killed_rank_is_another_start(self):
        for launcher in testbed.LAUNCHERS:
            with self.in_new_folder(launcher):
                batch = self.start_rows(80, 0.5, launcher=launcher, RECOVERY="off")
                self.wait_for_tasks()
                os.kill(batch.supervisors()[5].pid, 9)
                self.check_end(batch, "COMPLETED", 0)
                self.check_restarts(batch, 1)
                self.assertEqual(self.query("select id from results order by task"), [(i,) for i in range(80)])

    def test_with_recovery_the_same_job_goes_on_without_a_killed_rank(self):
        for launcher in testbed.LAUNCHERS:
            with self.in_new_folder(launcher):
                batch = self.start_rows(60, 0.5, launcher=launcher, RECOVERY="auto")
                self.wait_for_tasks()
                os.kill(batch.supervisors()[5].pid, 9)
                text = self.check_end(batch, "COMPLETED", 0)
                if launcher == "mpirun":
                    self.assertEqual(batch.record()["Restarts"], "0", text)
                    self.assertIn("recovery on, see ", text)
                # Slurm's PMIx ends the others, and the script starts them again.
                ends = [code for (code,) in self.query("select exit_code from sessions order by session")]
                self.assertEqual(ends[-1], 0)
                self.check_results(60, ends)

    def test_the_loss_of_rank_zeros_node_is_another_start(self):
        batch = self.start_rows(120, 0.5)
        self.wait_for_tasks()
        self.addCleanup(testbed.must, "start-node", "n1")
        testbed.must("kill-node", "n1")
        job.wait_until(lambda: batch.record().get("Restarts") == "1", 60, "Slurm requeues it")
        testbed.must("start-node", "n1")
        self.check_end(batch, "COMPLETED", 0, 180)
        # The first start has not lived to record its end.
        self.check_results(120, [None, 0])

    def test_it_does_not_start_for_ever(self):
        batch = self.start_rows(80, 0.5, "--time-limit", "3s", MOST_STARTS="2")
        text = self.check_end(batch, "FAILED", 75)
        self.assertIn(f"not done after 2 starts (exit code 75), so it ends. To go on: submit it again with RUN_DIR={self.run_dir}", text)
        self.assertEqual(self.query("select exit_code from sessions"), [(75,), (75,)])

    def test_it_ends_where_another_start_is_of_no_use(self):
        rows = self.write("rows.csv", "id\n1\n2\n")
        for launcher in testbed.LAUNCHERS:
            with self.in_new_folder(launcher):
                self.check_end(self.start("exec", "--input", rows, "--", "false", launcher=launcher), "FAILED", 1)
                self.assertEqual(self.query("select exit_code from sessions"), [(1,)])
                self.assertEqual(self.query("select count(*) from failures"), [(2,)])
        self.check_end(self.start("exec", "--input", self.folder / "none.csv", "--", "true"), "FAILED", 2)
        text = self.check_end(self.start("run", "align", launcher="mpiexec"), "FAILED", 2)
        self.assertIn("cannot start ranks by 'mpiexec'", text)

    def test_align_is_the_workstations_with_a_rank_for_each_core_or_for_each_node(self):
        here = self.folder / "here"
        subprocess.run([RANKPOOL, "run", "align", "--run-dir", here], capture_output=True, check=True)
        columns = [row[1] for row in self.query("pragma table_info(results)", here)]
        results = f"select {', '.join(columns)} from results order by task"
        for launcher in testbed.LAUNCHERS:
            for ranks, cores in (2, 1), (1, 2):
                with self.in_new_folder(f"{launcher}-{ranks}"):
                    options = [f"--ntasks-per-node={ranks}", f"--cpus-per-task={cores}"]
                    self.check_end(self.start("run", "align", launcher=launcher, options=options), "COMPLETED", 0)
                    self.assertEqual(self.query(results), self.query(results, here))
                    self.assertEqual(self.query("select ranks, workers, hosts from sessions"), [(4 * ranks, 8, "n1 n2 n3 n4")])

    def test_submit(self):
        words = [RANKPOOL, "submit", "--nodes=2", "--ntasks-per-node=2", "--launcher", "srun", "--", "run", "align"]
        out = testbed.must("run", *words, cwd=self.folder)
        number, script, results = [line.split()[1] for line in out.splitlines()]
        batch = testbed.Batch(number, self.folder / "runs" / f"{os.path.basename(results)}.out", "")
        self.check_end(batch, "COMPLETED", 0)
        self.assertEqual(self.query("select count(*) from results", self.folder / results), [(990,)])
        # The script can be given to sbatch again, and has nothing left to do.
        number = testbed.must("run", "sbatch", "--parsable", script, cwd=self.folder).strip()
        text = self.check_end(testbed.Batch(number, batch.output, ""), "COMPLETED", 0)
        self.assertRegex(text, r"990 ok, 0 failed, 0 lost of 990 .* \(990 of them before\)")


if __name__ == "__main__":
    testbed.main()
