"""Going on with a run: what is done again, what is not, and what is refused."""

import os
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import runs


class ResumeCli(runs.RunsTest):
    def numbers(self, values):
        """A file of numbers for --numbers."""
        return self.write("numbers", "".join(f"{value}\n" for value in values))

    def by_number(self):
        """Results in the order of the inputs, as (number, square)."""
        return self.query("select number, result_number from results where task >= 0 order by task")

    def test_only_what_has_not_succeeded_runs(self):
        spoiled, journal = self.write("spoiled", ""), self.folder / "journal"
        words = ["--throwing", "13", "--spoiled", spoiled, "--journal", journal]
        self.squares(*words, code=1)
        self.assertEqual(self.executed(journal), list(range(100)))
        dry = self.succeed("run", "squares", "--run-dir", self.run_dir, "--resume", "--dry-run", *words)
        self.assertIn("1 of 100 numbers would run; 99 are done already (99 ok, 0 failed, 0 lost)", dry)
        dry = self.succeed("run", "squares", "--run-dir", self.run_dir, "--resume", "--dry-run", "--no-retry-failed", *words)
        self.assertIn("0 of 100 numbers would run; 100 are done already (99 ok, 1 failed, 0 lost)", dry)
        journal.unlink()
        self.squares("--resume", "--no-retry-failed", *words, code=1)
        self.assertFalse(journal.exists())
        spoiled.unlink()
        out, err = self.squares("--resume", *words)
        self.assertEqual(self.executed(journal), [13])
        self.assertEqual(out, f"100 squares, sum {sum(i * i for i in range(100))}\n")
        self.assertRegex(err[-1], r"^100 ok, 0 failed, 0 lost of 100 .* \(99 of them before\)$")
        self.assertEqual(self.query("select count(*) from failures"), [(0,)])
        self.assertEqual(self.query("select attempt, outcome from attempts where task = 13"), [(1, "failed"), (2, "ok")])

    def test_inputs_are_known_by_content(self):
        journal = self.folder / "journal"
        first, then = [5, 6, 7, 8, 9, 9], [1, 6, 9, 5, 9, 9, 2]
        self.squares("--numbers", self.numbers(first), "--journal", journal)
        journal.unlink()
        _, err = self.squares("--numbers", self.numbers(then), "--journal", journal, "--resume")
        self.assertEqual(self.executed(journal), [1, 2, 9])
        self.assertEqual(self.by_number(), [(n, n * n) for n in then])
        self.assertIn("rankpool: 2 inputs of earlier sessions have not come any more", "\n".join(err))
        # And back, with what was left out still known.
        journal.unlink()
        self.squares("--numbers", self.numbers(first), "--journal", journal, "--resume")
        self.assertFalse(journal.exists())
        self.assertEqual(self.by_number(), [(n, n * n) for n in first])

    def test_fewer_and_more_inputs(self):
        journal = self.folder / "journal"
        self.squares("--numbers", self.numbers(range(10)), "--journal", journal)
        out, _ = self.squares("--numbers", self.numbers(range(4)), "--journal", journal, "--resume")
        self.assertEqual(out, "4 squares, sum 14\n")
        out, _ = self.squares("--numbers", self.numbers(range(12)), "--journal", journal, "--resume")
        self.assertEqual(out, f"12 squares, sum {sum(i * i for i in range(12))}\n")
        self.assertEqual(self.executed(journal), list(range(12)))

    def test_other_options_are_refused_and_named(self):
        self.squares("--count", "10")
        _, err = self.squares("--count", "10", "--resume", "--power", "1", code=2)
        self.assertIn('--power: "2" there, "1" now', err[0])
        out, _ = self.squares("--count", "10", "--force-resume", "--power", "1")
        self.assertEqual(out, "10 squares, sum 285\n")
        _, err = self.squares("--count", "10", code=2)
        self.assertIn("it has results already", err[0])

    def test_resume_without_a_directory_takes_the_newest(self):
        text = self.fail_with(2, "run", "squares", "--resume", cwd=self.folder)
        self.assertIn("there is no run of it in the folder runs", text)
        self.succeed("run", "squares", cwd=self.folder)
        done = self.succeed("run", "squares", "--resume", cwd=self.folder)
        self.assertEqual(done, f"100 squares, sum {sum(i * i for i in range(100))}\n")
        self.assertEqual(len(os.listdir(self.folder / "runs")), 2)

    def begin(self, *words, ranks=2):
        """A run in the background that has stored something."""
        started = self.start("run", "squares", "--run-dir", str(self.run_dir), "--count", "4000", "--nap", "2000", *words, ranks=ranks)
        status = self.run_dir / "status.json"
        runs.wait_until(lambda: status.exists() and '"ok": 0,' not in status.read_text(), 20, "something is done")
        return started

    def test_a_second_run_is_refused_while_the_first_lives_and_takes_over_when_it_is_dead(self):
        started = self.begin()
        _, err = self.squares("--count", "4000", "--resume", code=2, ranks=None)
        self.assertIn("a run is at work in it", err[0])
        text = self.succeed("status", self.run_dir)
        self.assertRegex(text, r"squares  running\n\d+ ok, 0 failed, 0 lost of 4000; \d+ left, \d+ handed out\n")
        runs.wait_until(lambda: len(self.status()["workers"]) == 2, 10, "both workers are seen")
        status = self.status()
        self.assertEqual(status["state"], "running")
        self.assertGreater(status["rate"], 0)
        self.assertIn("seconds_left", status)
        self.assertIn("result_number", self.succeed("export", self.run_dir))
        started.kill()
        started.child.wait()
        runs.wait_until(lambda: not started.processes(), 10, "all are dead")
        self.assertEqual(self.status()["state"], "died")
        out, _ = self.squares("--count", "4000", "--resume")
        self.assertEqual(out, f"4000 squares, sum {sum(i * i for i in range(4000))}\n")

    def test_attempts_go_on_after_a_kill_between_retries(self):
        words = ["run", "squares", "--run-dir", str(self.run_dir), "--count", "5", "--throwing", "3", "--retries", "1"]
        job = self.start(*words, "--retry-delay", "1m")
        begun = lambda: (self.run_dir / "results.sqlite").exists() and self.query("select * from attempts where task = 3")
        runs.wait_until(begun, 20, "it has failed once")
        job.kill()
        job.child.wait()
        runs.wait_until(lambda: not job.processes(), 10, "all are dead")
        self.squares("--resume", *words[4:], code=1)
        self.assertEqual(self.query("select attempt, session from attempts where task = 3 order by rowid"), [(1, 1), (2, 2), (3, 2)])
        self.assertEqual(self.query("select attempts from failures"), [(3,)])
        # Of earlier versions two may have the same number.
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            database.execute("update attempts set attempt = min(attempt, 2)")
            database.execute("update failures set attempts = 2")
        database.close()
        self.succeed("report", self.run_dir)
        page = (self.run_dir / "report.html").read_text(encoding="utf-8")
        self.assertEqual(page.count('<td class="n task">3</td>'), 1)

    def test_signals_stop_it_resumably(self):
        for ranks, number, code in [
            (None, signal.SIGUSR1, 75),
            (2, signal.SIGUSR1, 75),
            (None, signal.SIGTERM, 75),
            (None, signal.SIGINT, 75),
            (2, signal.SIGTERM, 1),
        ]:
            with self.subTest(ranks=ranks, signal=number.name):
                self.run_dir = self.folder / f"run-{ranks}-{number.name}"
                journal = self.folder / f"journal-{ranks}-{number.name}"
                started = self.begin("--journal", str(journal), ranks=ranks)
                at = time.time()
                os.kill(started.pid, number)
                ended, _, err = self.end(started)
                # mpirun passes SIGTERM on after a second, takes two more to end, and then ends with 1 whatever the program says.
                self.assertLess(time.time() - at, 5 if ranks else 1.5)
                passed_on = at + (1 if ranks and number == signal.SIGTERM else 0)
                self.assertLess(self.query("select ended from sessions")[0][0] - passed_on, 1)
                self.assertEqual(ended, code, err)
                self.assertIn("add --resume to go on", err)
                self.assertEqual(self.query("select exit_code from sessions"), [(75,)])
                stored = self.query("select count(*) from results")[0][0]
                self.assertLess(stored, 4000)
                if number == signal.SIGUSR1:
                    self.assertEqual(len(self.executed(journal)), stored)
                journal.unlink()
                out, _ = self.squares("--count", "4000", "--resume", "--journal", journal)
                self.assertEqual(out, f"4000 squares, sum {sum(i * i for i in range(4000))}\n")
                self.assertEqual(len(self.executed(journal)), 4000 - stored)

    def refused(self, why):
        """The database is left as it is, and the words say why."""
        file = self.run_dir / "results.sqlite"
        before = file.read_bytes()
        _, err = self.squares("--resume", code=2)
        self.assertIn(str(file), err[0])
        self.assertIn(why, err[0])
        self.assertEqual(len(err), 1)
        self.fail_with(2, "export", self.run_dir)
        self.assertEqual(file.read_bytes(), before)

    def test_databases_that_are_none_of_ours(self):
        self.run_dir.mkdir()
        file = self.run_dir / "results.sqlite"
        file.write_bytes(b"no database at all, but long enough to look at" * 100)
        self.refused("damaged or no database")
        file.unlink()
        database = sqlite3.connect(file)
        database.execute("create table other (a)")
        database.commit()
        database.close()
        self.refused("not a database of rankpool")
        file.unlink()
        self.squares()
        database = sqlite3.connect(file)
        database.execute("pragma user_version = 99")
        database.close()
        self.refused("newer than this program's")

    def test_databases_of_earlier_versions(self):
        for version in [1, 2]:
            self.run_dir = self.folder / f"version{version}"
            self.run_dir.mkdir()
            shutil.copy(Path(__file__).parent / "databases" / f"version{version}.sqlite", self.run_dir / "results.sqlite")
            self.succeed("status", self.run_dir)
            self.succeed("report", self.run_dir)
            self.assertEqual(len(self.succeed("export", self.run_dir).splitlines()), 12)
            self.assertEqual(self.query("pragma user_version"), [(version,)])
            _, err = self.squares("--count", "12", "--resume")
            self.assertIn("(11 of them before)", err[-1])
            self.assertEqual(self.query("pragma user_version"), [(8,)])
            self.assertEqual(self.query("select count(serialising) from sessions where session = 2"), [(1,)])

    def test_a_damaged_database(self):
        self.squares("--count", "2000", "--bytes", "200")
        file = self.run_dir / "results.sqlite"
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        self.refused("damaged")
        file.write_bytes(whole[:40960] + b"\xa5" * 8192 + whole[49152:])
        self.refused("damaged")


if __name__ == "__main__":
    runs.main()
