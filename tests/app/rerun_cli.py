"""`explain`, which tells of one task of a run, and `rerun`, which does its command once more."""

import os
import shutil
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

SCRIPT = 'pwd; echo "$V,$W,$RANKPOOL_ID,$RANKPOOL_TASK_ID,$RANKPOOL_ATTEMPT,$RANKPOOL_SLOT"; cat; exit {code}'


class RerunCli(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.run_dir = self.folder / "run"
        self.rows = self.write("rows.csv", 'id,code\nÄ b,0\n"c\n\'d",7\n')

    def exec(self, *words, ranks=None):
        return program.run("exec", "--progress", "none", "--run-dir", self.run_dir, *words, ranks=ranks, cwd=self.folder)

    def test_the_same_words_in_the_same_folder_with_the_same_environment(self):
        (self.folder / "in").mkdir()
        words = ["--input", "rows.csv", "--env", "V=1,2", "--env", "W=<{id}>", "--cwd", "in", "--stdin-column", "id", "--retries", "1"]
        for ranks in None, 2:
            shutil.rmtree(self.run_dir, ignore_errors=True)
            done = self.exec(*words, "--keep-output", "all", "--", "sh", "-c", SCRIPT, ranks=ranks)
            self.assertEqual(done.returncode, 1, done.stderr)
            again = [program.run("rerun", self.run_dir, task) for task in (0, 1)]
            self.assertEqual([one.returncode for one in again], [0, 7])
            self.assertEqual(b"".join(one.stdout for one in again), done.stdout)
            self.assertIn(f"{self.folder}/in\n1,2,<Ä b>,Ä b,0,1,", again[0].stdout.decode())
            with sqlite3.connect(self.run_dir / "results.sqlite") as database:
                self.assertEqual(database.execute("select count(*) from attempts").fetchone(), (3,))

    def check_again(self, *words):
        """All tasks of a run, each once more: what they print is the same."""
        done = self.exec(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            count = database.execute("select count(*) from results").fetchone()[0]
        again = [program.run("rerun", self.run_dir, task) for task in range(count)]
        self.assertEqual(b"".join(one.stdout for one in again), done.stdout, again[0].stderr)
        return done.stdout.decode()

    def test_numbers_are_written_as_they_were(self):
        numbers = ["1.10", "-0.0", "7", "0.5", "100000000000000000"]
        self.write("rows.csv", "x\n" + "".join(f"{number}\n" for number in numbers))
        for number in numbers:
            (self.folder / f"d{number}").mkdir()
        words = ["--input", "rows.csv", "--env", "E={x}", "--stdin-column", "x", "--cwd", "d{x}"]
        out = self.check_again(*words, "--", "sh", "-c", 'echo "$RANKPOOL_X $E $(cat) ${PWD##*/d}"')
        self.assertEqual(out, "".join(f"{number} {number} {number} {number}\n" for number in numbers))
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            rows = database.execute("select x, odd_numbers from results join attempts using (task) order by task limit 3").fetchall()
        self.assertEqual(rows, [(1.1, '{"0":"1.10"}'), (0, '{"0":"-0.0"}'), (7, None)])

    def test_columns_have_their_own_names(self):
        self.write("rows.csv", "task,x,X\n5,1,2\n")
        words = ["--input", "rows.csv", "--env", "E={task},{x},{X}"]
        self.assertEqual(self.check_again(*words, "--", "sh", "-c", 'echo "$E $RANKPOOL_TASK"'), "5,1,2 5\n")

    def test_values_are_what_has_no_name(self):
        words = ["--grid", "values=9", "--env", "E={}", "--", "sh", "-c", 'echo "$E"', ":::", "a", ":::", "b c"]
        self.assertEqual(self.check_again(*words), "a b c\n")

    def test_cores_are_told(self):
        for cpus in "1", "{}":
            shutil.rmtree(self.run_dir, ignore_errors=True)
            words = ["--cpus", cpus, "--env", "GOMAXPROCS=7", "--", "sh", "-c", 'echo "$NUMEXPR_NUM_THREADS $GOMAXPROCS"', ":::", "1"]
            self.assertEqual(self.check_again(*words), "1 7\n")

    def test_a_run_of_an_earlier_version(self):
        for version in 5, 6, 7:
            shutil.rmtree(self.run_dir, ignore_errors=True)
            self.run_dir.mkdir()
            databases = os.path.join(os.path.dirname(__file__), "..", "batch", "databases")
            shutil.copy(os.path.join(databases, f"exec{version}.sqlite"), self.run_dir / "results.sqlite")
            with sqlite3.connect(self.run_dir / "results.sqlite") as database:
                if version > 5:
                    database.execute("update sessions set folder = ?", [str(self.folder)])
            self.assertEqual(self.succeed("rerun", self.run_dir, 0), "-1\n")

    def test_a_folder_of_its_own_and_a_shell_there(self):
        self.exec("--task-dir", "out/{}", "--", "sh", "-c", "cat x; touch y", ":::", "a")
        done = program.run("rerun", self.run_dir, 0)
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertEqual(sorted(path.name for path in (self.folder / "out").iterdir()), ["a", "a.task-0-0"])
        done = program.run("rerun", self.run_dir, 0, "--debug=shell", stdin=b'pwd; echo "$RANKPOOL_VALUE"', env={"SHELL": "/bin/sh"})
        self.assertEqual(done.stdout.decode(), f"{self.folder}/out/a.task-0-0\na\n")
        self.assertIn(b"the command is: sh -c 'cat x; touch y' a\n", done.stderr)

    def test_a_life_in_sentences(self):
        self.exec("--input", "rows.csv", "--retries", "1", "--retry", "exit=7", "--", "sh", "-c", SCRIPT + " # {id}")
        text = self.succeed("explain", self.run_dir, 1)
        self.assertRegex(text, r"Task 1 of .*/run: id=c\\n'd, code=7\.\n")
        self.assertRegex(text, r"Attempt 1 began on 20.* rank 0 \(slot \d, process \d+\), and failed after .*: sh left with exit code 7")
        self.assertRegex(text, r"Attempt 2 began (.|\n)*which left with exit code 7(.|\n)*It has failed; with --resume")
        self.assertRegex(self.succeed("explain", self.run_dir, 0), r"succeeded after(.|\n)*It has a result\.\n$")

    def test_what_there_is_not(self):
        self.exec("--", "true", ":::", "a")
        for command in "explain", "rerun":
            self.assertIn("the run has those from 0 to 0 so far", self.fail_with(2, command, self.run_dir, 1))
            self.assertIn("tasks have numbers", self.fail_with(2, command, self.run_dir, "one"))
            self.assertIn("there is no", self.fail_with(2, command, self.folder / "none", 0))
        self.succeed("run", "pi", "--samples", "1e5", "--run-dir", self.folder / "pi")
        self.assertIn("it is a task of pi", self.fail_with(2, "rerun", self.folder / "pi", 0))
        self.assertIn("succeeded", self.succeed("explain", self.folder / "pi", 0))


if __name__ == "__main__":
    program.main()
