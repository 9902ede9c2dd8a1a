"""Commands for the rows of a table."""

import os
import re
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program


class ExecCli(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.run_dir = self.folder / "run"
        self.rows = self.write("rows.csv", 'id,alpha\n1,0.5\n2,"a ""b"", {c}"\n3,x\n')

    def words(self, *command):
        """An exec command line."""
        return ["exec", "--input", self.rows, "--run-dir", self.run_dir, "--progress", "none", "--", *command]

    def query(self, text):
        """Rows of the database."""
        database = sqlite3.connect(self.run_dir / "results.sqlite")
        rows = database.execute(text).fetchall()
        database.close()
        return rows

    def test_fields_are_filled_in_and_outputs_come_in_order(self):
        out = self.succeed(*self.words("printf", "%s|", "{id}={alpha}", "{{id}}", "-"), ranks=2)
        self.assertEqual(out, '1=0.5|{id}|-|2=a "b", {c}|{id}|-|3=x|{id}|-|')
        self.assertEqual(self.query("select id, alpha, out, err from results where task = 0"), [("1", "0.5", "1=0.5|{id}|-|", "")])

    def test_a_command_that_fails_is_told_with_its_last_words_and_tried_again(self):
        command = ["sh", "-c", "test -e {id} && exit 0; echo working >&2; echo no {id} >&2; exit 7"]
        (program.SCRATCH / "1").touch()
        done = program.run(*self.words(*command), ranks=2)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(
            self.query("select task, error from failures order by task"),
            [(1, "std::runtime_error: sh left with exit code 7: no 2"), (2, "std::runtime_error: sh left with exit code 7: no 3")],
        )
        failed = self.folder / "failed.csv"
        self.succeed("export", self.run_dir, "--failed", "--output", failed)
        self.assertIn("id,alpha", failed.read_text())
        for name in "2", "3":
            (program.SCRATCH / name).touch()
        words = self.words(*command)
        self.succeed(*words[: words.index("--")], "--resume", *words[words.index("--") :], ranks=2)
        self.assertEqual(self.query("select count(*) from results"), [(3,)])

    def test_another_command_of_the_same_letters_is_another_run(self):
        self.rows = self.write("rows.csv", "id\n1\n")
        words = self.words("printf", "%s|", "a b")
        self.assertEqual(self.succeed(*words), "a b|")
        end = words.index("--")
        text = self.fail_with(2, *words[:end], "--resume", "--", "printf", "%s|", "a", "b")
        self.assertIn('command: ["printf", "%s|", "a b"] there, ["printf", "%s|", "a", "b"] now', text)
        self.assertEqual(self.succeed(*words[:end], "--resume", *words[end:]), "a b|")

    def test_the_report_names_the_first_of_many_failures(self):
        self.rows = self.write("rows.csv", "id,text\n" + "".join(f"{i},{'ä' * 150}\n" for i in range(28)))
        done = program.run(*self.words("sh", "-c", "echo 'no {id}' >&2; exit 7"))
        self.assertEqual(done.returncode, 1, done.stderr)
        page = (self.run_dir / "report.html").read_text(encoding="utf-8", errors="strict")
        self.assertIn("<h2>Why tasks failed (the most frequent 20 of 28)</h2>", page)
        self.assertIn("<h2>Failed tasks (the first 20 of 28)</h2>", page)
        errors = re.findall(r'<tr class="error"><td></td><td colspan="5"><div class="words long">failed: [^<]*: no (\d+)</div></td></tr>', page)
        self.assertEqual(errors, [str(i) for i in range(20)])
        # A character of two bytes is not cut in half.
        for number in 9, 10:
            self.assertIn(f">id={number}, text={'ä' * 94}...<", page)
        self.assertEqual((page.count("<table"), page.count("<thead>")), (5, 5))
        self.assertIn("1 rank, 1 worker on ", page)
        self.assertIn("over 28 attempts", page)
        self.assertIn("<code>--retries</code>", page)
        self.assertNotIn("<code>--timeout</code>", page)
        self.assertNotIn("Slowest tasks", page)

    def test_the_launchers_environment_is_not_passed_on(self):
        out = self.succeed(*self.words("sh", "-c", "env | grep -c -E '^(OMPI|PMIX|PMI)_'; true"), ranks=2)
        self.assertEqual(out, "0\n0\n0\n")

    def test_rows_from_stdin(self):
        done = program.run("exec", "--input", "-", "--run-dir", self.run_dir, "--progress", "none", "--", "echo", "{n}", ranks=2, stdin=b"n\r\n5\r\n6\r\n")
        self.assertEqual(done.stdout, b"5\n6\n", done.stderr)

    def test_a_command_beyond_its_time_is_ended_with_what_it_has_started(self):
        self.rows = self.write("rows.csv", "id\n1\n")
        mark = f"86400.{os.getpid()}"
        words = self.words("sh", "-c", f"sleep {mark}; true")
        done = program.run(*words[: words.index("--")], "--timeout", "500ms", *words[words.index("--") :])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.query("select outcome from failures"), [("timeout",)])
        left = [pid for pid in filter(str.isdigit, os.listdir("/proc")) if mark in command_line(pid)]
        self.assertEqual(left, [])

    def test_mistakes_are_told_and_leave_nothing(self):
        for command, text in [(["echo", "{beta}"], "there is no column 'beta'). There is id, alpha."), (["echo", "{id"], "a brace is not closed")]:
            self.assertIn(text, self.fail_with(2, *self.words(*command), ranks=2))
        for content, text in [("", "there is no first row"), ("a,a\n1,2\n", "two columns 'a'"), ("a,\n1,2\n", "a column has no name")]:
            self.rows = self.write("rows.csv", content)
            self.assertIn(text, self.fail_with(2, *self.words("echo")))
        self.rows = self.folder / "gone.csv"
        self.assertIn("No such file", self.fail_with(2, *self.words("echo")))
        self.assertFalse(self.run_dir.exists())

    def test_a_row_of_another_length_ends_the_run(self):
        self.rows = self.write("rows.csv", "a,b\n1,2\n3\n")
        done = program.run(*self.words("echo", "{a}"))
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"row 3 has 1 fields instead of 2", done.stderr)
        # What came before is kept, and the run does not look as if it had died.
        self.assertEqual(self.query("select count(*) from results"), [(1,)])
        self.assertEqual(self.query("select exit_code, ending from sessions"), [(2, "ended by an error of its input or of the job")])


def command_line(pid):
    """Of a process, as one text."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").replace("\0", " ")
    except OSError:
        return ""


if __name__ == "__main__":
    program.main()
