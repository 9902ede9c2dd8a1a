"""Ranks and nodes that are killed while a recorded run goes on without them: it ends by itself, with every result once."""

import os
import signal
import sqlite3
import time

import testbed

import job

PROGRAM = os.environ["RANKPOOL_PROGRAM"]
TASKS = 240


class LossesAcrossNodes(testbed.ClusterTest):
    def start(self):
        """A run of tasks that sleep, on two ranks of each node; returns when some have been done."""
        rows = self.write("rows.csv", "id\n" + "".join(f"{i}\n" for i in range(TASKS)))
        self.run_dir = self.folder / f"run{time.monotonic_ns()}"
        journal = self.run_dir.with_suffix(".journal")
        work = f"sh -c 'echo {{id}} >> {journal}; sleep 0.2; echo {{id}}'"
        batch = self.submit_with_losses(f"{PROGRAM} exec --run-dir {self.run_dir} --input {rows} -- {work}")
        begun = lambda: len(journal.read_text(encoding="utf-8").split()) if journal.exists() else 0
        there = lambda: [(p.pid, p.parent, p.node, p.state, p.program) for p in batch.processes()]
        job.wait_until(lambda: begun() > 20, 60, lambda: f"tasks begin; {batch.record()} {batch.said()} {there()}")
        return batch

    def supervisors(self, batch):
        """By rank."""
        ours = {p.pid: p for p in batch.processes() if p.program == os.path.realpath(PROGRAM)}
        return {int(p.environment.get("PMIX_RANK", -1)): p for p in ours.values() if p.parent not in ours}

    def check_results(self, batch):
        """It has ended well, with each result once."""
        state, code, text = batch.end(90)
        self.assertEqual((state, code), ("COMPLETED", 0), text)
        self.assertIn(f"{TASKS} ok, 0 failed, 0 lost of {TASKS}", text)
        database = sqlite3.connect(self.run_dir / "results.sqlite")
        rows = database.execute("select task, out from results order by task").fetchall()
        database.close()
        self.assertEqual([(task, out.strip()) for task, out in rows], [(i, str(i)) for i in range(TASKS)])
        return text

    def test_killed_ranks_cost_their_tasks_only(self):
        for victims in (5,), (2, 3):
            with self.subTest(victims=victims):
                batch = self.start()
                killed = [self.supervisors(batch)[victim] for victim in victims]
                for process in killed:
                    os.kill(process.pid, signal.SIGKILL)
                begin = time.monotonic()
                text = self.check_results(batch)
                self.assertIn(f"{len(victims)} rank{'s' * (len(victims) > 1)} lost, efficiency", text)
                print(f"done {time.monotonic() - begin:.1f} s after {victims} were killed")
                for victim, process in zip(victims, killed):
                    self.assertIn(f"rank {victim} on {process.node} is gone", text)
                self.check_clean(batch, 15)

    def test_a_lost_node_costs_its_tasks_only(self):
        batch = self.start()
        begin = time.monotonic()
        self.addCleanup(testbed.must, "start-node", "n3")
        testbed.must("kill-node", "n3")
        text = self.check_results(batch)
        print(f"done {time.monotonic() - begin:.1f} s after n3 was lost")
        for rank in 4, 5:
            self.assertIn(f"rank {rank} on n3 is gone", text)
        testbed.must("start-node", "n3")
        self.check_clean(batch, 15)

    def test_a_node_out_of_reach_is_given_up_and_ends_itself(self):
        batch = self.start()
        self.addCleanup(testbed.must, "wire", "n3", "mend")
        testbed.must("wire", "n3", "cut")
        text = self.check_results(batch)
        self.assertIn("rank 4 on n3 is gone", text)
        ours = lambda: [p.pid for p in batch.processes() if p.program == os.path.realpath(PROGRAM)]
        job.wait_until(lambda: not ours(), 15, "the ranks on n3 have given up, too")
        testbed.must("wire", "n3", "mend")
        self.check_clean(batch, 60)


if __name__ == "__main__":
    testbed.main()
