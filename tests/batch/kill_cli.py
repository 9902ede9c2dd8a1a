"""A run whose processes are killed at random moments loses nothing that was stored, and is completed by --resume."""

import kills
import runs

TASKS = 3000
# 0.9 s of work for each of two ranks.
WORDS = ["--count", str(TASKS), "--nap", "600", "--bytes", "20"]


class KillCli(kills.KillsTest):
    def setUp(self):
        super().setUp()
        self.journal = self.folder / "journal"
        self.run_dir = self.folder / "undisturbed"
        self.squares(*WORDS)
        self.wanted = self.query("select * from results order by task")
        self.assertEqual(len(self.wanted), TASKS)

    def check(self, kind, number):
        """One kill, and what comes of it."""
        moment = self.random.uniform(0, 1.6)
        with self.subTest(kind=kind, moment=round(moment, 3), seed=kills.SEED):
            self.run_dir = self.folder / f"{kind.replace(' ', '-')}-{number}"
            self.journal.unlink(missing_ok=True)
            code = self.kill_at(kind, moment, "run", "squares", "--run-dir", str(self.run_dir), "--journal", str(self.journal), *WORDS)
            if kind == "worker":
                # Its task was given to another, and nobody had to do anything.
                self.assertEqual(code, 0)
            stored = set()
            if (self.run_dir / "results.sqlite").exists():
                stored = {n for (n,) in self.query("select number from results")}
            self.journal.unlink(missing_ok=True)
            self.squares("--resume", "--journal", self.journal, *WORDS)
            again = self.executed(self.journal) if self.journal.exists() else []
            self.assertEqual(again, sorted(set(range(TASKS)) - stored))
            self.assertEqual(self.query("select * from results order by task"), self.wanted)
            self.assertEqual(self.query("select count(*), count(distinct key), max(task) from inputs"), [(TASKS, TASKS, TASKS - 1)])
            self.assertEqual(self.query("select count(*), count(distinct task) from attempts where outcome = 'ok'"), [(TASKS, TASKS)])
            return len(stored)

    def test_killed(self):
        kinds = ["mpirun", "rank 0", "rank 1", "main worker", "worker"]
        kept = {kind: [self.check(kind, number) for number in range(kills.KILLS)] for kind in kinds}
        self.tell(kept)
        # The moments have been such that there was something to lose.
        self.assertTrue(any(n not in (None, 0, TASKS) for stored in kept.values() for n in stored), kept)


if __name__ == "__main__":
    runs.main()
