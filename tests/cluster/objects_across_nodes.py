"""Locks, shared values and dicts between nodes: the tests of one computer, and what ranks and nodes that are killed leave."""

import os
import signal
from pathlib import Path

import testbed

import program

TESTS = Path(program.PROGRAM).parent.parent
# Their processes share memory of one node.
ALL_BUT_OF_ONE_NODE = "'--gtest_filter=-LockWordTest.plain_memory*:SharedArrayTest.is_the_same*'"


class ObjectsAcrossNodes(testbed.ClusterTest):
    def check(self, test, nodes, ranks_per_node=1):
        line = f"mpirun -q --bind-to none {TESTS / test} {ALL_BUT_OF_ONE_NODE}"
        batch = self.submit(line, nodes=nodes, ranks_per_node=ranks_per_node)
        state, code, text = batch.end(150)
        self.assertEqual((state, code), ("COMPLETED", 0), text)
        self.assertIn("[  PASSED  ]", text)
        self.check_clean(batch)

    def test_locks(self):
        for nodes, ranks in (2, 1), (4, 1), (4, 2):
            with self.subTest(nodes=nodes, ranks=ranks):
                self.check("sync/sync_test", nodes, ranks)

    def test_values_and_histories(self):
        for nodes in 2, 4:
            with self.subTest(nodes=nodes):
                self.check("shared/value_test", nodes)

    def locks_with(self, kill):
        """Locks of all ranks, which processes of all ranks take, when `kill` ends some."""
        batch = self.submit_with_losses(f"{program.PROGRAM} locks 2")
        batch.wait_for("ready", 60)
        kill(batch)
        state, code, text = batch.end(90)
        self.assertEqual((state, code), ("COMPLETED", 0), text)
        self.assertIn("right, 6 living", text)
        return batch

    def test_killed_ranks_close_their_locks_only(self):
        def kill(batch):
            for rank in 3, 6:
                os.kill(batch.supervisors()[rank].pid, signal.SIGKILL)

        batch = self.locks_with(kill)
        self.check_clean(batch, 15)

    def test_a_lost_node_closes_its_locks_only(self):
        self.addCleanup(testbed.must, "start-node", "n3")
        batch = self.locks_with(lambda _: testbed.must("kill-node", "n3"))
        testbed.must("start-node", "n3")
        self.check_clean(batch, 15)


if __name__ == "__main__":
    testbed.main()
