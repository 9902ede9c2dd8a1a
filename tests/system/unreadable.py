"""Processes that cannot open each other's descriptors: they talk instead."""

import os
import shutil
import subprocess
import tempfile
import unittest

import job
import program

NOBODY = 65534

# Ten times the broadcast, the items of the queue, and the message of bytes.
SHARED = f"{4_000_000 + 1_000_030 + 1_000_000}\n"
# Process numbers of its own for each rank, as containers have them.
APART = ["unshare", "--pid", "--fork", "--mount-proc"]


class Unreadable(unittest.TestCase):
    def test_a_program_that_may_be_run_but_not_read(self):
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
                    self.assertEqual((done.returncode, done.stdout), (0, SHARED), done.stderr)

    def test_ranks_with_process_numbers_of_their_own(self):
        if subprocess.run([*APART, "true"], capture_output=True, check=False).returncode:
            self.skipTest("process numbers of its own cannot be had here")
        for ranks in 2, 4:
            # Open MPI's own shared memory goes by process numbers.
            start = [*program.MPIRUN, "-np", str(ranks), "--mca", "btl", "tcp,self", *APART]
            with self.subTest(ranks=ranks):
                done = subprocess.run([*start, program.PROGRAM, "share"], capture_output=True, text=True, timeout=50, check=False)
                self.assertEqual((done.returncode, done.stdout), (0, SHARED), done.stderr)


if __name__ == "__main__":
    job.main()
