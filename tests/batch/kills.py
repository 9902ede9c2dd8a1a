"""Shared by the tests that kill a run's processes at random moments.

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


class KillsTest(runs.RunsTest):
    """A test with runs that lose one of their processes."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.hits = collections.Counter()

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
            if kind == "command":
                others = [p.pid for p in started.processes() if p.parent in others]
            found = mains if kind == "main worker" else others
            return found[0] if found else None
        except (KeyError, StopIteration, OSError):
            return None

    def kill_at(self, kind, moment, *words):
        """Runs the words on two ranks until the moment; returns the exit code."""
        started = self.start(*words, ranks=2)
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

    def tell(self, kept):
        """Of each kind the numbers of results that were stored at its kills, None where something was wrong."""
        for kind, stored in kept.items():
            good = [n for n in stored if n is not None]
            print(
                f"{kind}: {len(stored)} moments, {self.hits[kind]} kills, {len(good)} as it should be, "
                f"{min(good, default=0)} to {max(good, default=0)} results stored before"
            )
        bad = sum(stored.count(None) for stored in kept.values())
        print(f"soak: seed {SEED}, {sum(map(len, kept.values()))} moments, {sum(self.hits.values())} kills, {bad} failures")
