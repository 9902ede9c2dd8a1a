"""A run whose processes are killed at random moments loses nothing that was stored, and is completed by --resume.

RANKPOOL_KILLS says at how many moments each kind of process is killed (here 3; scripts/soak takes 50), and
RANKPOOL_KILL_SEED which.
"""

import os
import random
import signal
import time

import runs

KILLS = int(os.environ.get("RANKPOOL_KILLS", "3"))
SEED = int(os.environ.get("RANKPOOL_KILL_SEED", str(time.time_ns() % 1_000_000)))
TASKS = 3000
# 0.9 s of work for each of two ranks.
WORDS = ["--count", str(TASKS), "--nap", "600", "--bytes", "20"]


class KillCli(runs.RunsTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.journal = self.folder / "journal"
        self.run_dir = self.folder / "undisturbed"
        self.squares(*WORDS)
        self.wanted = self.query("select * from results order by task")
        self.assertEqual(len(self.wanted), TASKS)

    def victim(self, started, kind):
        """The process to kill, if it is there already."""
        if kind == "mpirun":
            return started.pid
        try:
            supervisors = started.supervisors()
            if kind.startswith("rank"):
                return supervisors[int(kind[-1])].pid
            children = [p for p in started.processes() if p.parent == started.fork_server(0).pid]
            mains = [p.pid for p in children if os.getpgid(p.pid) == supervisors[0].pid]
            others = [p.pid for p in children if p.pid not in mains]
            found = mains if kind == "main worker" else others
            return found[0] if found else None
        except (KeyError, StopIteration, OSError):
            return None

    def kill_at(self, kind, moment):
        """Runs until the moment; returns the exit code."""
        started = self.start("run", "squares", "--run-dir", str(self.run_dir), "--journal", str(self.journal), *WORDS, ranks=2)
        time.sleep(moment)
        victim = self.victim(started, kind)
        if victim and started.child.poll() is None:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
        code, _, _ = started.end(30)
        # Open MPI's own shared memory stays where mpirun is killed, which would have removed it.
        runs.wait_until(lambda: not started.processes(), 5, "no process is left")
        return code

    def check(self, kind, number):
        """One kill, and what comes of it."""
        moment = self.random.uniform(0, 1.6)
        with self.subTest(kind=kind, moment=round(moment, 3), seed=SEED):
            self.run_dir = self.folder / f"{kind.replace(' ', '-')}-{number}"
            self.journal.unlink(missing_ok=True)
            code = self.kill_at(kind, moment)
            if kind == "worker":
                # Its task was given to another, and nobody had to do anything.
                self.assertEqual(code, 0)
            stored = set()
            if (self.run_dir / "results.sqlite").exists() and self.has_tables():
                stored = {n for (n,) in self.query("select number from results")}
            self.journal.unlink(missing_ok=True)
            self.squares("--resume", "--journal", self.journal, *WORDS)
            again = self.executed(self.journal) if self.journal.exists() else []
            self.assertEqual(again, sorted(set(range(TASKS)) - stored))
            self.assertEqual(self.query("select * from results order by task"), self.wanted)
            self.assertEqual(self.query("select count(*), count(distinct key), max(task) from inputs"), [(TASKS, TASKS, TASKS - 1)])
            return len(stored)

    def has_tables(self):
        """False where it was killed before the database was made, which is one transaction."""
        return self.query("select count(*) from sqlite_master where name = 'run'") == [(1,)]

    def test_killed(self):
        kept = []
        for kind in ["mpirun", "rank 0", "rank 1", "main worker", "worker"]:
            for number in range(KILLS):
                kept.append(self.check(kind, number))
        print(f"seed {SEED}: stored at the kills: {kept}")
        # The moments have been such that there was something to lose.
        self.assertTrue(any(stored for stored in kept if stored not in (None, TASKS)), kept)


if __name__ == "__main__":
    runs.main()
