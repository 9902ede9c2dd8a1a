"""`check` on this computer: what it says is so, and its exit code tells whether something will hurt."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program


class CheckCli(program.ProgramTest):
    def check(self, *words, **how):
        """What it says as JSON, and its exit code."""
        done = program.run("check", "--output-mode", "json", *words, cwd=self.folder, **how)
        self.assertEqual(done.stderr, b"")
        facts = json.loads(done.stdout)
        problems = [finding["what"] for finding in facts["findings"] if finding["severity"] == "problem"]
        self.assertEqual(facts["ok"], not problems)
        self.assertEqual(done.returncode, 0 if facts["ok"] else 1)
        return facts, " ".join(problems)

    def test_what_it_sees(self):
        for ranks in None, 2:
            with self.subTest(ranks=ranks):
                facts, _ = self.check(ranks=ranks)
                self.assertEqual([rank["rank"] for rank in facts["ranks"]], list(range(ranks or 1)))
                self.assertEqual({rank["host"] for rank in facts["ranks"]}, {os.uname().nodename})
                cores = len(os.sched_getaffinity(0))
                for rank in facts["ranks"]:
                    self.assertEqual(len(rank["cores"]), cores)
                    self.assertTrue(rank["sees_folder"])
                    self.assertEqual("pml ob1" in rank["transports"], ranks is not None)
                self.assertEqual(facts["folder"], os.path.realpath(self.folder))
                self.assertEqual(os.listdir(self.folder), [])

    def test_too_many_workers(self):
        cores = len(os.sched_getaffinity(0))
        _, problems = self.check("--workers-per-rank", str(cores), ranks=2)
        self.assertIn(f"has {2 * cores} workers on {cores} cores", problems)
        text = program.run("check", "--workers-per-rank", str(cores), ranks=2).stdout.decode()
        self.assertIn("problem: ", text)
        self.assertNotIn("all is well", text)

    def test_ranks_that_do_not_know_of_each_other(self):
        _, problems = self.check(env={"SLURM_NTASKS": "4", "SLURM_STEP_ID": "0", "SLURM_PROCID": "0"})
        self.assertIn("1 rank where 4 were asked for", problems)
        done = program.run("check", env={"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "0"})
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"problem: srun has started 4 ranks that cannot find each other (it offers them neither PMIx nor PMI)", done.stdout)
        self.assertEqual(program.run("check", env={"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "1"}).stdout, b"")

    def test_recovery_and_folders(self):
        facts, _ = self.check("--run-dir", self.folder / "runs" / "new", ranks=2, env={"OMPI_MCA_orte_enable_recovery": "1"})
        self.assertTrue(facts["recovery"])
        self.assertEqual(facts["folder"], os.path.realpath(self.folder))
        _, problems = self.check("--run-dir", "/proc")
        self.assertIn("cannot write in /proc", problems)

    def test_a_rank_killed_on_trial(self):
        lets_it = {"OMPI_MCA_orte_enable_recovery": "1"}
        text = program.run("check", "--try-loss", ranks=3, env=lets_it).stdout.decode()
        self.assertRegex(text, r"\nrecovery +on, and tried: rank 2 was killed, all others live on\n")
        # mpirun that was told nothing ends them all.
        done = program.run("check", "--try-loss", ranks=3, env={"RANKPOOL_RECOVERY": "1"})
        self.assertEqual(done.stdout, b"")
        self.assertNotEqual(done.returncode, 0)
        # Nobody is killed where nobody could go on.
        facts, _ = self.check("--try-loss", ranks=3)
        self.assertEqual((facts["recovery"], facts["lives_on"]), (False, None))


if __name__ == "__main__":
    program.main()
