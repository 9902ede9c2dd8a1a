"""Jobs on four nodes of two ranks: the same results as on one computer, on all nodes, without long waits."""

import os
import re
import subprocess
import time

import testbed

import program

RANKPOOL = os.environ["RANKPOOL_PROGRAM"]


class ResultsAcrossNodes(testbed.ClusterTest):
    def run_job(self, lines, **options):
        """What a job wrote that must succeed."""
        errors = self.folder / "errors"
        errors.unlink(missing_ok=True)
        batch = self.submit("set -e\n" + lines, **options)
        state, code, text = batch.end()
        said = errors.read_text(encoding="utf-8", errors="replace") if errors.exists() else ""
        self.assertEqual((state, code), ("COMPLETED", 0), text + said)
        self.check_clean(batch)
        return text

    def test_align_gives_the_same_file(self):
        here = self.folder / "here.csv"
        self.assertEqual(subprocess.run([RANKPOOL, "run", "align", "--output", here], capture_output=True).returncode, 0)
        self.assertGreater(here.read_bytes().count(b"\n"), 900)
        for name, launch in testbed.LAUNCHERS.items():
            with self.subTest(name):
                there = self.folder / f"{name}.csv"
                self.run_job(f"{launch} {RANKPOOL} run align --output {there}")
                self.assertEqual(there.read_bytes(), here.read_bytes())

    def test_pi_gives_the_same_digits(self):
        words = ["run", "pi", "--samples", "1e7", "--progress", "none"]
        here = subprocess.run([RANKPOOL, *words], capture_output=True, text=True).stdout
        self.assertIn("3.14", here)
        for name, launch in testbed.LAUNCHERS.items():
            for workers in "1", "2":
                with self.subTest(launcher=name, workers=workers):
                    text = self.run_job(
                        f"{launch} {RANKPOOL} {' '.join(words)} --workers-per-rank {workers} 2>{self.folder}/errors", ranks_per_node=3 - int(workers)
                    )
                    self.assertEqual(text, here)

    def test_what_no_node_has_is_refused_before_anything_starts(self):
        run_dir = self.folder / "needs"
        for name, launch in testbed.LAUNCHERS.items():
            with self.subTest(name):
                batch = self.submit(f"{launch} {RANKPOOL} exec --run-dir {run_dir} --memory {{}} -- true ::: 1M 900T")
                state, code, text = batch.end()
                self.assertEqual((state, code), ("FAILED", 2), text)
                self.assertRegex(
                    text, r"row 2: cannot run the command \(it needs 990 TB of memory, of which this node has .*, and no other has enough"
                )
                self.assertFalse(run_dir.exists())

    def test_every_rank_of_every_node_works(self):
        expected = "".join(f"{2 * i + j} {node} {j}\n" for i, node in enumerate(testbed.NODES) for j in (0, 1))
        for name, launch in testbed.LAUNCHERS.items():
            with self.subTest(name):
                self.assertEqual(self.run_job(f"{launch} {program.PROGRAM} places"), expected)

    def test_one_rank_for_each_node_keeps_a_worker_for_each_core(self):
        expected = "".join(f"{i} {node} {j}\n" for i, node in enumerate(testbed.NODES) for j in (0, 1))
        for name, launch in testbed.LAUNCHERS.items():
            with self.subTest(name):
                text = self.run_job(f"RANKPOOL_WORKERS_PER_RANK=2 {launch} {program.PROGRAM} places", ranks_per_node=1)
                self.assertEqual(text, expected)

    def test_large_values_travel_between_nodes(self):
        for name, launch in testbed.LAUNCHERS.items():
            with self.subTest(name):
                text = self.run_job(f"{launch} {program.PROGRAM} values 64")
                # Slurm has stdout and stderr in one file, in which pieces of lines may change places.
                self.assertEqual((text.count("right"), text.count("wrong")), (1, 0), text)
                print(name, re.findall(r"(?:broadcast|results) [0-9.]+ s", text))

    def test_nobody_waits_for_longer_than_ticks(self):
        for name, launch in testbed.LAUNCHERS.items():
            with self.subTest(name):
                text = self.run_job(f"{launch} {program.PROGRAM} latency")
                print(name, "ms later than the tasks, at once, after 0.1 s and after 2 s of rest:", text.strip())
                # Nobody could wake the others: a tick of 10 ms on the way there and one on the way back; and some time for a busy machine.
                for milliseconds in map(float, text.split()):
                    self.assertLess(milliseconds, 30)

    def looks_of_idle_ranks(self, environment):
        """How often each supervisor has woken in a second in which nothing happened."""
        batch = self.submit(f"{environment} mpirun {program.PROGRAM} work")
        batch.wait_for("ready")
        # Ever less, until it is once a second.
        time.sleep(4)
        supervisors = batch.supervisors().values()
        self.assertEqual(len(supervisors), 8)
        before = [supervisor.sleeps for supervisor in supervisors]
        time.sleep(2)
        looks = [(supervisor.sleeps - slept) / 2 for supervisor, slept in zip(supervisors, before)]
        testbed.must("run", "scancel", batch.number)
        batch.end()
        print(environment, "looks a second:", looks)
        return looks

    def test_idle_ranks_sleep_until_they_are_woken(self):
        asleep = self.looks_of_idle_ranks("")
        looking = self.looks_of_idle_ranks("RANKPOOL_WAKE_DATAGRAMS=0")
        # Once a second, and 100 times; one that was woken looks some dozen times before it sleeps as long again.
        self.assertLess(sum(asleep), sum(looking) / 4)

    def check(self, launch, code, ranks_per_node=2, environment=""):
        """What `rankpool check` says there."""
        batch = self.submit(f"cd {self.folder}; {environment} {launch} {RANKPOOL} check", ranks_per_node=ranks_per_node)
        state, ended_with, text = batch.end()
        self.assertEqual(ended_with, code, text)
        return text

    def test_check_sees_the_nodes_and_what_is_wrong(self):
        for name, launch in testbed.LAUNCHERS.items():
            with self.subTest(name):
                text = self.check(launch, 0)
                self.assertIn("ranks       8 on 4 hosts, 2 each: n1 n2 n3 n4\n", text)
                self.assertIn("btl tcp", text)
                self.assertRegex(text, "time left   (no limit|[0-9:]+ h)")
                self.assertIn("all is well", text)
        text = self.check("mpirun --enable-recovery", 0)
        self.assertIn("recovery    on", text)
        text = self.check("mpirun --bind-to core", 1, 1, "RANKPOOL_WORKERS_PER_RANK=2")
        self.assertIn("problem: 2 workers share 1 of the cores of n1 (their ranks are bound to those). Start with mpirun --bind-to none", text)
        text = self.check("srun --mpi=none", 1)
        self.assertEqual(text.count("problem: srun has started 8 ranks that cannot find each other"), 1, text)
        text = self.check("", 1)
        self.assertIn("problem: 1 rank where 8 were asked for (it was started without mpirun or srun)", text)

    def test_ranks_share_a_doorbell_on_a_node_and_never_between_nodes(self):
        batch = self.submit(f"mpirun {program.PROGRAM} work")
        batch.wait_for("ready")
        bells = {}
        for rank, supervisor in batch.supervisors().items():
            with open(f"/proc/{supervisor.pid}/maps", encoding="utf-8") as maps:
                inodes = {line.split()[4] for line in maps if "rankpool-doorbell" in line}
            self.assertEqual(len(inodes), 1, f"rank {rank}")
            bells.setdefault(inodes.pop(), []).append((rank, supervisor.node))
        expected = [[(2 * i, node), (2 * i + 1, node)] for i, node in enumerate(testbed.NODES)]
        self.assertEqual(sorted(sorted(ringing) for ringing in bells.values()), expected)


if __name__ == "__main__":
    testbed.main()
