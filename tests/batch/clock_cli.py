"""A clock that is set while a run is at work, as NTP does after boot: timestamps show it, durations do not."""

import glob
import os
import unittest.mock

import runs

LIBRARY = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")

# Also of what is started without mpirun.
os.environ["RANKPOOL_WORKERS_PER_RANK"] = "1"


class ClockCli(runs.RunsTest):
    def test_durations_do_not_know_of_it(self):
        if runs.program.is_sanitized():
            self.skipTest("AddressSanitizer must come before any library that is loaded first")
        self.assertTrue(LIBRARY, "the package faketime is not installed")
        for step in "+2h", "-1h":
            with self.subTest(step):
                self.run_dir, journal = self.folder / f"run{step}", self.folder / f"journal{step}"
                offset = self.write("offset", "+0s")
                env = {
                    "LD_PRELOAD": LIBRARY[0],
                    "FAKETIME_TIMESTAMP_FILE": str(offset),
                    "FAKETIME_NO_CACHE": "1",
                    "DONT_FAKE_MONOTONIC": "1",
                }
                words = ["run", "squares", "--run-dir", self.run_dir, "--count", "40", "--nap", "50000", "--journal", journal]
                limits = ["--time-limit", "1h", "--progress", "none"]
                with unittest.mock.patch.dict(os.environ, env):
                    started = self.start(*map(str, words + limits))
                runs.wait_until(lambda: journal.exists() and len(journal.read_text().split()) > 5, 20, "tasks are done")
                offset.write_text(step)
                code, _, err = self.end(started)
                self.assertEqual(code, 0, err)
                self.assertRegex(err, r"\n?40 ok, 0 failed, 0 lost of 40 in [0-9.]+ s on 1 worker, efficiency ([3-9]\d|100) %, ")
                # The clock was set while they worked.
                first, last = self.query("select min(started), max(started) from attempts")[0]
                self.assertGreater(abs(last - first), 3000)
                self.assertLess(self.query("select max(seconds) from attempts")[0][0], 5)
                self.assertGreater(self.query("select min(seconds) from attempts")[0][0], 0.04)
                (took,) = self.query("select ended - started from sessions")[0]
                self.assertGreater(took, 1)
                self.assertLess(took, 60)
                self.assertLess(self.status()["seconds"], 60)


if __name__ == "__main__":
    runs.main()
