"""A run whose processes are killed at random moments loses nothing that was stored, and is completed by --resume.

RANKPOOL_KILLS says at how many moments each kind of process is killed (here 3; scripts/soak takes 50), and
RANKPOOL_KILL_SEED which.
"""

import collections
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
        self.hits = collections.Counter()
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
        is_killed = False
        if victim and started.child.poll() is None:
            try:
                os.kill(victim, signal.SIGKILL)
                self.hits[kind] += 1
                is_killed = True
            except ProcessLookupError:
                pass
        if is_killed and kind.startswith("rank"):
            code = started.end_of_killed()
        else:
            code, _, _ = started.end(30)
        self.check_nothing_left(started, kind, code)
        return code

    def check_nothing_left(self, started, kind, code):
        """No process and no shared memory, but for what Open MPI itself leaves where its mpirun is killed."""

        def left():
            processes, names = started.leftovers()
            if code == -signal.SIGKILL:
                names = {name for name in names if not name.startswith("vader_segment.")}
            return processes, names

        runs.wait_until(lambda: left() == ([], set()), 5, f"nothing is left; now {left()}")

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
        kept = {kind: [self.check(kind, number) for number in range(KILLS)] for kind in kinds}
        for kind, stored in kept.items():
            good = [n for n in stored if n is not None]
            print(
                f"{kind}: {len(stored)} moments, {self.hits[kind]} kills, {len(good)} as it should be, "
                f"{min(good, default=0)} to {max(good, default=0)} of {TASKS} results stored before"
            )
        count = sum(map(len, kept.values()))
        bad = sum(stored.count(None) for stored in kept.values())
        print(f"soak: seed {SEED}, {count} moments, {sum(self.hits.values())} kills, {bad} failures")
        # The moments have been such that there was something to lose.
        self.assertTrue(any(n not in (None, 0, TASKS) for stored in kept.values() for n in stored), kept)


if __name__ == "__main__":
    runs.main()
