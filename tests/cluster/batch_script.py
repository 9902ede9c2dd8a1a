"""cluster/rankpool.sbatch with a program that stands in for rankpool: starts, words, signals, requeues and ends."""

import time
from pathlib import Path

import testbed

import job

SCRIPT = testbed.PROJECT / "cluster" / "rankpool.sbatch"
STAND_IN = Path(__file__).parent / "stand_in"


class BatchScript(testbed.ClusterTest):
    def start(self, ways, *words, options=("--ntasks-per-node=2",), launcher="mpirun", **env):
        """The script's job, with this many ranks on each of four nodes."""
        for name in "starts", "ranks":
            (self.folder / name).unlink(missing_ok=True)
        env = {"RANKPOOL": str(STAND_IN), "RUN_DIR": str(self.run_dir), "STAND_IN": ways, "LAUNCHER": launcher, **env}
        output = self.folder / f"{time.monotonic_ns()}.out"
        return self.submit_script(SCRIPT, *options, output=output, words=words or ("run", "align"), env=env)

    @property
    def run_dir(self):
        return self.folder / "run"

    def notes(self, name="starts"):
        """What the stand-in has noted."""
        path = self.folder / name
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def check_end(self, batch, state, code, notes, seconds=60):
        """How it ended and what it had been told meanwhile; then no more of it comes."""
        ended, ended_with, text = batch.end(seconds)
        self.assertEqual((ended, ended_with), (state, code), text)
        self.assertEqual(self.notes(), notes, text)
        return text

    def line(self, *, resumed=False):
        return f"run align --run-dir {self.run_dir}" + (" --resume" if resumed else "")

    def test_it_starts_again_until_all_is_done(self):
        for launcher in testbed.LAUNCHERS:
            with self.subTest(launcher):
                batch = self.start("75 75 0", launcher=launcher)
                self.check_end(batch, "COMPLETED", 0, [self.line(), *2 * [self.line(resumed=True)]])
                self.assertEqual(batch.record()["Restarts"], "2")
                self.run_dir.rmdir()

    def test_it_ends_where_another_start_is_of_no_use(self):
        for code in 1, 2, 70:
            with self.subTest(code):
                self.check_end(self.start(str(code)), "FAILED", code, [self.line()])
                self.run_dir.rmdir()

    def test_it_does_not_start_for_ever(self):
        batch = self.start("75 75 75", MOST_STARTS="2")
        text = self.check_end(batch, "FAILED", 75, [self.line(), self.line(resumed=True)])
        self.assertIn(f"not done after 2 starts (exit code 75), so it ends. To go on: sbatch again with RUN_DIR={self.run_dir}", text)

    def test_a_killed_rank_is_another_start(self):
        for launcher in testbed.LAUNCHERS:
            with self.subTest(launcher):
                self.check_end(self.start("killed 0", launcher=launcher), "COMPLETED", 0, [self.line(), self.line(resumed=True)])
                self.run_dir.rmdir()

    def test_usr1_drains(self):
        for launcher in testbed.LAUNCHERS:
            with self.subTest(launcher):
                batch = self.start("signal 0", launcher=launcher)
                batch.wait_for("under way")
                testbed.must("run", "scancel", "--signal=USR1", "--batch", batch.number)
                self.check_end(batch, "COMPLETED", 0, [self.line(), "drained", self.line(resumed=True)])
                self.run_dir.rmdir()

    def test_it_drains_before_the_time_limit(self):
        batch = self.start("signal 0", options=["--ntasks-per-node=2", "--time=1", "--signal=B:USR1@40"])
        self.check_end(batch, "COMPLETED", 0, [self.line(), "drained", self.line(resumed=True)], 150)

    def test_scancel_is_the_end(self):
        for launcher in testbed.LAUNCHERS:
            with self.subTest(launcher):
                batch = self.start("signal 0", launcher=launcher)
                batch.wait_for("under way")
                testbed.must("run", "scancel", batch.number)
                self.assertEqual(batch.end()[0], "CANCELLED")
                time.sleep(3)
                self.assertEqual(batch.record()["JobState"], "CANCELLED")
                self.assertEqual(self.notes()[0], self.line())
                self.assertNotIn(self.line(resumed=True), self.notes())
                self.run_dir.rmdir()

    def test_slurm_starts_it_again_after_more_urgent_work(self):
        batch = self.start("signal 0")
        batch.wait_for("under way")
        testbed.must("run", "srun", "--partition=urgent", "--nodes=4", "--exclusive", "true")
        self.assertEqual(batch.end()[:2], ("COMPLETED", 0))
        self.assertEqual((self.notes()[0], self.notes()[-1]), (self.line(), self.line(resumed=True)))
        self.assertEqual(batch.record()["Restarts"], "1")

    def test_requeue_by_hand(self):
        batch = self.start("signal 0")
        batch.wait_for("under way")
        testbed.must("run", "scontrol", "requeue", batch.number)
        self.assertEqual(batch.end()[:2], ("COMPLETED", 0))
        self.assertEqual(batch.record()["Restarts"], "1")

    def test_a_rank_for_each_core_or_for_each_node(self):
        for launcher in testbed.LAUNCHERS:
            for ranks, cores in (2, 1), (1, 2):
                with self.subTest(launcher=launcher, ranks=ranks):
                    options = [f"--ntasks-per-node={ranks}", f"--cpus-per-task={cores}"]
                    batch = self.start("0", launcher=launcher, options=options)
                    self.assertEqual(batch.end()[:2], ("COMPLETED", 0))
                    expected = [f"{ranks * i + j} {node} {cores}" for i, node in enumerate(testbed.NODES) for j in range(ranks)]
                    self.assertEqual(sorted(self.notes("ranks")), expected)
                    self.run_dir.rmdir()

    def test_the_words_of_exec(self):
        batch = self.start("0", "exec", "--input", "rows.csv", "--", "./simulate", "run", "--alpha", "{alpha}")
        words = f"exec --run-dir {self.run_dir} --input rows.csv -- ./simulate run --alpha {{alpha}}"
        self.check_end(batch, "COMPLETED", 0, [words])

    def test_wrong_words(self):
        batch = self.start("0", launcher="mpiexec")
        text = self.check_end(batch, "FAILED", 2, [])
        self.assertIn("cannot start ranks by 'mpiexec'", text)


if __name__ == "__main__":
    testbed.main()
