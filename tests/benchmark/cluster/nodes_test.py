#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Jobs of the benchmark's clusters that fail or take too long, and clusters that do not come: none is left."""

import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from cluster import nodes
from programs import Failed

# In place of cluster/testbed: it writes down what it is asked, and runs a job beside itself.
TESTBED = """#!/bin/bash
echo "${*:2:2}" >>%(said)s
case $3 in
    up) [[ ! -e %(broken)s ]] || { echo no room >&2; exit "$(<%(broken)s)"; } ;;
    run) for word; do [[ $word != --output=* ]] || output=${word#*=}; done
         bash "${@: -1}" >"$output" 2>&1 & ;;
esac
"""


class NodesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.said, self.broken = self.folder / "said", self.folder / "broken"
        testbed = self.folder / "testbed"
        testbed.write_text(TESTBED % {"said": self.said, "broken": self.broken}, encoding="utf-8")
        testbed.chmod(0o755)
        self.addCleanup(setattr, nodes, "TESTBED", nodes.TESTBED)
        nodes.TESTBED = testbed
        self.few, self.many = nodes.Cluster(4, 2), nodes.Cluster(32, 9)

    def run_job(self, cluster, line, **options):
        return nodes.run(cluster, self.folder, line, 2, **options)

    def calls(self):
        return self.said.read_text(encoding="utf-8").split("\n")[:-1]

    def test_a_job_gives_what_it_prints(self):
        with nodes.at_hand():
            self.assertEqual(self.run_job(self.few, "echo us 12.5; echo us $RANKPOOL_WORKERS_PER_RANK", workers=4), {"us": [12.5, 4]})
            self.run_job(self.few, "true")
        self.assertEqual(self.calls(), ["benchmark-4 up", "benchmark-4 run", "benchmark-4 run", "benchmark-4 down"])
        self.assertEqual(sorted(f.name for f in self.folder.iterdir()), ["said", "testbed"])

    def test_words_in_place_of_a_number_are_told(self):
        with nodes.at_hand(), self.assertRaisesRegex(Failed, "it said: error: JOB 1 CANCELLED"):
            self.run_job(self.few, "echo us 12.5; echo error: JOB 1 CANCELLED")

    def test_there_is_one_cluster_at_a_time(self):
        with nodes.at_hand():
            self.run_job(self.few, "true")
            self.run_job(self.many, "true")
        calls = [call for call in self.calls() if not call.endswith("run")]
        self.assertEqual(calls, ["benchmark-4 up", "benchmark-4 down", "benchmark-32 up", "benchmark-32 down"])

    def test_a_job_that_fails_is_told_with_its_words(self):
        with nodes.at_hand():
            with self.assertRaisesRegex(Failed, "2 nodes x 1 ranks: echo no; exit 3: exit code 3\nno\n"):
                self.run_job(self.few, "echo no; exit 3")
            self.run_job(self.few, "true")
        self.assertEqual(self.calls()[-1], "benchmark-4 down")

    def test_a_job_that_is_too_slow_ends_with_its_cluster(self):
        with nodes.at_hand(), self.assertRaisesRegex(nodes.TooSlow, "not over within 0.2 s"):
            self.run_job(self.few, "sleep 2", limit=0.2)
        self.assertEqual(self.calls(), ["benchmark-4 up", "benchmark-4 run", "benchmark-4 down"])

    def test_a_cluster_is_left_neither_by_an_end_from_outside(self):
        with self.assertRaises(KeyboardInterrupt), nodes.at_hand():
            with nodes.started(self.few, self.folder, "echo ready; sleep 1", 2) as job:
                job.wait_until_ready()
                raise KeyboardInterrupt
        self.assertEqual(self.calls()[-1], "benchmark-4 down")

    def test_a_cluster_that_does_not_come_is_tried_once_and_others_are_used(self):
        self.broken.write_text("1", encoding="utf-8")
        with nodes.at_hand():
            for _ in range(2):
                with self.assertRaisesRegex(Failed, "cannot have 32 nodes here: no room"):
                    self.run_job(self.many, "true")
            self.broken.unlink()
            self.run_job(self.few, "true")
        self.assertEqual(self.calls(), ["benchmark-32 up", "benchmark-32 down", "benchmark-4 up", "benchmark-4 run", "benchmark-4 down"])

    def test_a_machine_that_cannot_have_any_says_why(self):
        self.broken.write_text("77", encoding="utf-8")
        with self.assertRaises(SystemExit) as end, nodes.at_hand():
            self.run_job(self.few, "true")
        self.assertEqual(end.exception.code, "no room")


if __name__ == "__main__":
    unittest.main()
