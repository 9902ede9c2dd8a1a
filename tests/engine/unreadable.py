"""A program that may be run but not read: its processes cannot open each other's descriptors, and talk instead."""

import os
import shutil
import subprocess
import tempfile
import unittest

import job
import program

NOBODY = 65534


class Unreadable(unittest.TestCase):
    def test_what_cannot_be_shared_goes_by_messages(self):
        if os.geteuid() != 0:
            self.skipTest("only root can act as another user")
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            copy = shutil.copy(program.PROGRAM, folder)
            for mode in 0o755, 0o711:
                with self.subTest(mode=oct(mode)):
                    os.chmod(copy, mode)
                    done = subprocess.run(
                        [copy, "share"],
                        cwd="/",
                        capture_output=True,
                        text=True,
                        timeout=50,
                        user=NOBODY,
                        group=NOBODY,
                        extra_groups=[],
                        check=False,
                    )
                    # Ten times the broadcast, and the items of the queue.
                    self.assertEqual((done.returncode, done.stdout), (0, f"{4_000_000 + 1_000_030}\n"), done.stderr)


if __name__ == "__main__":
    job.main()
