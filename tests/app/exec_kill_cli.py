"""A run of commands whose processes are killed at random moments: no command stays, none is lost, none is done twice."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "batch"))
import kills
import runs

ROWS = 150
KINDS = ["mpirun", "rank 0", "rank 1", "main worker", "worker", "command"]
# Its start and its end are in the journal; 1.5 s of them for each of two ranks.
SCRIPT = "echo $1 >> $JOURNAL; sleep 0.02; echo $(($1 * $1))"


class ExecKillCli(kills.KillsTest):
    def words(self, *words):
        """The command line of the run."""
        journal = f"--env=JOURNAL={self.folder / 'journal'}"
        rows = map(str, range(ROWS))
        return ["exec", "--run-dir", str(self.run_dir), "--retries", "2", journal, *words, "--", "sh", "-c", SCRIPT, "sh", "{}", ":::", *rows]

    def stored(self):
        """The values of the rows that have a result."""
        if not (self.run_dir / "results.sqlite").exists():
            return set()
        return {int(value) for (value,) in self.query("select value from results")}

    def check(self, kind, number):
        """One kill, and what comes of it."""
        moment = self.random.uniform(0.2, 2)
        with self.subTest(kind=kind, moment=round(moment, 3), seed=kills.SEED):
            self.run_dir = self.folder / f"{kind.replace(' ', '-')}-{number}"
            journal = self.folder / "journal"
            journal.write_text("")
            code = self.kill_at(kind, moment, *self.words())
            # Another try was enough, and nobody had to do anything.
            if kind in ("worker", "command"):
                self.assertEqual(code, 0)
            before = self.stored()
            journal.write_text("")
            out = self.succeed(*self.words("--resume", "--progress", "none"), ranks=2)
            self.assertEqual(self.executed(journal), sorted(set(range(ROWS)) - before))
            self.assertEqual(out.split(), [str(i * i) for i in range(ROWS)])
            self.assertEqual(self.query("select count(*), count(distinct task) from attempts where outcome = 'ok'"), [(ROWS, ROWS)])
            return len(before)

    def test_killed(self):
        kept = {kind: [self.check(kind, number) for number in range(kills.KILLS)] for kind in KINDS}
        self.tell(kept)
        self.assertTrue(any(n not in (None, 0, ROWS) for stored in kept.values() for n in stored), kept)


if __name__ == "__main__":
    runs.main()
