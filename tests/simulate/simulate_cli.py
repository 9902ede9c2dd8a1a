#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""simulate_cli.py PROGRAMS: scripts/simulate answers questions, and its tables and its page are whole."""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import simulate  # finds what it shares with the benchmark

import calibrate
import cases
import plot
import sheet

HERE = Path(__file__).resolve().parent
PROGRAMS = Path(sys.argv.pop(1))


def script(*words, code=0):
    """What it prints on both; it must end with the code."""
    command = [sys.executable, "-B", HERE / "simulate.py", "--programs", PROGRAMS, *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != code:
        raise AssertionError(f"exit code {done.returncode}: {done.stdout}")
    return done.stdout


def small(**times):
    """The committed calibration, but for these times."""
    return cases.Model(PROGRAMS / "simulate", calibrate.times(calibrate.read(simulate.CALIBRATION)) | times)


class SimulateCli(unittest.TestCase):
    def test_one_question_is_answered(self):
        said = script("--nodes", 4, "--workers-per-node", 16, "--task-length", "100ms")
        self.assertRegex(said, r"(?m)^workers +64$")
        self.assertRegex(said, r"(?m)^tasks +1 280$")
        self.assertRegex(said, r"(?m)^efficiency +0\.9\d\d$")
        lost = script("--nodes", 8, "--task-length", "1s", "--times", "log_normal", "--tasks", 20000, "--node-life", "5m")
        self.assertRegex(lost, r"(?m)^tasks +20 000$")

    def test_wrong_words_are_told(self):
        for words, why in (
            (["--nodes", 4], "one question takes --nodes and --task-length"),
            (["--nodes", 0, "--task-length", "1s"], "0 is no number from 1"),
            (["--nodes", 4, "--task-length", "1s", "--policy", "guided", "--node-life", "1h"], "guided knows of no losses"),
            (["--nodes", 4, "--task-length", "long"], "long is no duration. Write 50ms or 2s?"),
            (["--calibration", "/none", "--costs"], "cannot read /none .No such file"),
            (["--calibration", HERE / "README.md", "--costs"], "cannot use .*README.md .it is not JSON"),
        ):
            self.assertRegex(script(*words, code=2), why)

    def test_the_calibration_says_how_each_number_was_found(self):
        said = script("--costs")
        known = json.loads(simulate.CALIBRATION.read_text())
        header = (HERE / "machine.hpp").read_text()
        fields = set(re.findall(r"MachineField\{\"(\w+)\"", header))
        self.assertEqual(set(known["times"]), fields)
        for name, time in known["times"].items():
            self.assertGreaterEqual(time["ns"], 0)
            self.assertIn(time["how"], said)

    def test_the_committed_calibration_is_derived_from_what_was_measured(self):
        known = calibrate.read(simulate.CALIBRATION)
        for name, (ns, how) in calibrate.derive(known["measured"], known["batches_of_short"]).items():
            self.assertAlmostEqual(known["times"][name]["ns"], ns, delta=0.001, msg=name)
            self.assertEqual(known["times"][name]["how"], how)

    def test_longer_tasks_and_fewer_workers_lose_less(self):
        model = small()
        points, curves = cases.curves(model, 300)
        before = [0] * len(points)
        for length in cases.LENGTHS:
            found = [answer["efficiency"] for answer in curves[length]]
            self.assertTrue(all(now > then for now, then in zip(found, before, strict=True)), length)
            before = found

    def test_the_table_has_all_rows(self):
        rows = cases.table(small(), 100)
        self.assertEqual(len(rows), len(cases.LENGTHS) * len(cases.TIMES))
        text = sheet.table(rows).text()
        self.assertEqual(len(re.findall(r"(?m)^    100 ", text)), len(rows), text)
        self.assertTrue(all(0 < row[policy] <= 1 for row in rows for policy in cases.POLICIES))

    def test_where_rank_0_is_the_bottleneck_is_what_its_services_say(self):
        """Batches of one task each, and nothing else that costs."""
        nothing = dict.fromkeys(calibrate.times(calibrate.read(simulate.CALIBRATION)), 0)
        model = small(**nothing | {"frame": 100_000})
        most = cases.most_workers(model, 100 * cases.MS)
        # 200 us for each task on another node, there and back; those of rank 0 are free.
        self.assertGreater(most, 400)
        self.assertLess(most, 700)

    def test_the_page_is_whole_and_fetches_nothing(self):
        calibration = calibrate.read(simulate.CALIBRATION)
        with tempfile.TemporaryDirectory() as folder:
            plot.write(Path(folder), small(), calibration, 100)
            page = (Path(folder) / "simulate.html").read_text()
        self.assertIsNone(re.search(r'(src|href)="(?!#)|url\((?!#)|@import', page))
        self.assertIn("What costs time", page)
        drawn = "Log-normal tasks, beside greedy workers</title>" if plot.plots.matplotlib else plot.document.NO_PLOTS
        self.assertIn(drawn, page)


if __name__ == "__main__":
    unittest.main()
