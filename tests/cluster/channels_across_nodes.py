"""Processes, queues and pipes between nodes: the tests of one computer, whose far end is on another node there."""

from pathlib import Path

import testbed

import program

TESTS = Path(program.PROGRAM).parent.parent
# A million items pass between nodes one by one; that takes its minute and shows nothing new.
ALL_BUT_TRAFFIC = "--gtest_filter=-TrafficTest.four_producers*"
# Their far end signals, or leaves files, where this end looks for them; or they show nothing new between nodes.
ALL_BUT_LOCAL = "--gtest_filter=-" + ":".join(
    [
        "ConformanceEintr.*",
        "ConformancePicklingConnections.test_access",
        "ConformancePoll.test_boundaries",
        "ConformancePoll.test_empty_string",
        "ConformancePoll.test_strings",
        "ConformanceConnection.test_ring*",
        "ConformanceConnection.test_single*",
        "ConformanceWait.test_neg*",
        "ConformanceSimpleQueue.*",
        "ConformanceQueue.test_closed_queue_empty*",
        "ConformanceQueue.test_joined*",
        "ConformanceQueue.test_queue_timeout",
        "ConformanceProcess.test_a_*",
        "ConformanceProcess.test_ar*",
        "ConformanceProcess.test_at*",
        "ConformanceProcess.test_child*",
        "ConformanceProcess.test_closefd",
        "ConformanceProcess.test_daemon*",
        "ConformanceProcess.test_error*",
        "ConformanceProcess.test_five*",
        "ConformanceProcess.test_interrupt*",
        "ConformanceProcess.test_queue*",
        "ConformanceProcess.test_signals*",
        "ConformanceProcess.test_sub*",
        "ConformanceProcess.test_worker*",
    ]
)


class ChannelsAcrossNodes(testbed.ClusterTest):
    def check(self, test, *words, nodes):
        line = f"mpirun -q --bind-to none {TESTS / test} {' '.join(words)}"
        batch = self.submit(line, nodes=nodes, ranks_per_node=1)
        state, code, text = batch.end(120)
        self.assertEqual((state, code), ("COMPLETED", 0), text)
        self.assertIn("[  PASSED  ]", text)
        self.check_clean(batch)

    def test_conformance(self):
        for nodes in 2, 4:
            with self.subTest(nodes=nodes):
                self.check("conformance/process_conformance_test", f"'{ALL_BUT_LOCAL}'", nodes=nodes)

    def test_channels(self):
        for nodes in 2, 4:
            with self.subTest(nodes=nodes):
                self.check("channel/channel_test", ALL_BUT_TRAFFIC, nodes=nodes)

    def test_processes(self):
        for nodes in 2, 4:
            with self.subTest(nodes=nodes):
                self.check("process/process_test", nodes=nodes)


if __name__ == "__main__":
    testbed.main()
