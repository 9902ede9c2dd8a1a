"""Nodes whose cables are slow, lossy or out for a while: the results are late, and right."""

import re
import time

import testbed

import program


class BadNetworks(testbed.ClusterTest):
    def setUp(self):
        super().setUp()
        for node in testbed.NODES:
            self.addCleanup(testbed.must, "wire", node, "mend")

    def start(self, way):
        """The job, and when it began; with one rank on each node, all that it says crosses the cables."""
        batch = self.submit(f"mpirun {program.PROGRAM} {way}", ranks_per_node=1)
        return batch, time.monotonic()

    def end(self, batch, begin):
        """The seconds it took; its results must be right."""
        state, code, text = batch.end(150)
        self.assertEqual((state, code), ("COMPLETED", 0), text)
        self.assertEqual(text.split().count("right"), 1, text)
        self.check_clean(batch)
        return time.monotonic() - begin

    def test_a_tenth_of_a_second_of_delay_and_lost_packets(self):
        usual = self.end(*self.start("steady 120"))
        for node in testbed.NODES:
            testbed.must("wire", node, "bad", 0.1, 0.02)
        batch, begin = self.start("steady 120")
        seconds = self.end(batch, begin)
        print(f"{usual:.1f} s as usual, {seconds:.1f} s over bad cables")
        self.assertGreater(seconds, usual + 0.5)

    def test_large_values_over_bad_cables(self):
        for node in testbed.NODES:
            testbed.must("wire", node, "bad", 0.1, 0.02)
        batch, begin = self.start("values 2")
        print(f"{self.end(batch, begin):.1f} s", re.findall(r"(?:broadcast|results) [0-9.]+ s", batch.said()))

    def test_a_cable_that_is_out_for_five_seconds(self):
        for victims in ["n3"], ["n1"], testbed.NODES:
            with self.subTest(victims):
                batch, begin = self.start("steady 600")
                batch.wait_for("ready")
                for node in victims:
                    testbed.must("wire", node, "cut")
                time.sleep(5)
                self.assertNotIn("right", batch.said())
                for node in victims:
                    testbed.must("wire", node, "mend")
                print(f"{self.end(batch, begin):.1f} s with {victims} cut off for 5 s")


if __name__ == "__main__":
    testbed.main()
