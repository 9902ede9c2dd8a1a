"""Ranks, jobs and nodes that are ended from outside: the job ends soon, says why, and leaves nothing on any node."""

import os
import shutil
import signal
import sqlite3
import time

import testbed

import job
import program


class AccidentsAcrossNodes(testbed.ClusterTest):
    def start_work(self, launch, *options):
        """A job whose every worker has a task that never ends."""
        for tries_left in 2, 1, 0:
            batch = self.submit(f"{launch} {program.PROGRAM} work", "--no-requeue", *options)
            try:
                batch.wait_for("ready", 60)
                break
            except AssertionError:
                # Slurm is slow to use a node that was lost, and a start under srun was seen to be silent.
                record = batch.record()
                print(f"no start within 60 s: {record['JobState']} {record['Reason']} {batch.supervisors()}", flush=True)
                if tries_left == 0:
                    raise
                testbed.must("run", "scancel", batch.number)
                batch.end()
        self.assertEqual(sorted(batch.supervisors()), list(range(8)))
        return batch

    @staticmethod
    def obituary(launcher, rank, node):
        """srun kills the others before they can speak, and speaks itself."""
        return f"rank {rank} on {node} is gone" if launcher == "mpirun" else f"{node}: task {rank}: Killed"

    def test_a_node_where_everything_fails_gets_no_more(self):
        run_dir = self.folder / "run"
        script = "sleep 0.05; test $(hostname) != n2"
        for name, launch in testbed.LAUNCHERS.items():
            with self.subTest(launcher=name):
                shutil.rmtree(run_dir, ignore_errors=True)
                batch = self.submit(f"{launch} {os.environ['RANKPOOL_PROGRAM']} exec --run-dir {run_dir} -- sh -c '{script}' ::: 1-500")
                state, code, text = batch.end(60)
                self.assertEqual((state, code), ("FAILED", 1), text)
                self.assertRegex(text, r"n2 gets no more tasks \(the last \d+ failed there, while \d+ succeeded elsewhere\)")
                with sqlite3.connect(run_dir / "results.sqlite") as database:
                    counts = dict(database.execute("select host, count(*) from attempts group by host"))
                    (failed,) = database.execute("select count(*) from failures").fetchone()
                self.assertEqual(failed, counts["n2"])
                self.assertLess(counts["n2"], 50)
                self.assertEqual(sum(counts.values()), 500)
                self.check_clean(batch)

    def test_a_killed_rank_ends_the_job_with_a_sentence(self):
        for name, launch in testbed.LAUNCHERS.items():
            for victim in 0, 5:
                with self.subTest(launcher=name, victim=victim):
                    batch = self.start_work(launch)
                    killed = batch.supervisors()[victim]
                    os.kill(killed.pid, signal.SIGKILL)
                    begin = time.monotonic()
                    state, code, text = batch.end(20)
                    print(f"{name}: over {time.monotonic() - begin:.1f} s after rank {victim} was killed")
                    self.assertEqual(state, "FAILED", text)
                    self.assertNotEqual(code, 0)
                    self.assertIn(self.obituary(name, victim, killed.node), text)
                    self.assertNotIn("fork server", text)
                    self.check_clean(batch)

    def test_scancel_ends_everything(self):
        for name, launch in testbed.LAUNCHERS.items():
            with self.subTest(name):
                batch = self.start_work(launch)
                begin = time.monotonic()
                testbed.must("run", "scancel", batch.number)
                state, _, text = batch.end(20)
                print(f"{name}: over {time.monotonic() - begin:.1f} s after scancel")
                self.assertEqual(state, "CANCELLED", text)
                # mpirun may lose its daemons, and with them what the ranks say.
                if "ORTE has lost communication" not in text:
                    self.assertIn("the job was told to end", text)
                self.assertNotIn("is gone", text)
                self.check_clean(batch, 15)

    def test_a_lost_node_ends_the_job(self):
        for name, launch in testbed.LAUNCHERS.items():
            for victim in "n3", "n1":
                with self.subTest(launcher=name, victim=victim):
                    batch = self.start_work(launch)
                    begin = time.monotonic()
                    testbed.must("kill-node", victim)
                    job.wait_until(lambda: all(p.node != victim for p in batch.processes()), 5, f"{victim} is dead")
                    state, _, text = batch.end(60)
                    print(f"{name}: {state} {time.monotonic() - begin:.1f} s after {victim} was lost")
                    self.assertIn(state, ("NODE_FAIL", "FAILED"), text)
                    testbed.must("start-node", victim)
                    self.check_clean(batch, 15)


if __name__ == "__main__":
    testbed.main()
