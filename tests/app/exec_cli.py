"""Commands for the rows of a table."""

import json
import os
import re
import shutil
import sqlite3
import sys
import time
from pathlib import Path

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
        self.assertEqual(self.query("select id, alpha, out, err from results where task = 0"), [(1, "0.5", "1=0.5|{id}|-|", "")])

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

    def test_a_run_of_an_earlier_version_goes_on(self):
        self.rows = self.write("rows.csv", "id,name\n1,a b\n2,x\n3,\n")
        for version in 2, 4, 5, 6, 7:
            self.run_dir = self.folder / f"run{version}"
            self.run_dir.mkdir()
            shutil.copy(Path(__file__).parent.parent / "batch" / "databases" / f"exec{version}.sqlite", self.run_dir / "results.sqlite")
            words = self.words("expr", "{id}", "-", "2")
            end = words.index("--")
            done = program.run(*words[:end], "--resume", *words[end:])
            self.assertEqual(done.returncode, 1, done.stderr)
            ids = [1, 3] if version >= 5 else ["1", "3"]
            self.assertEqual(
                self.query("select id, name, out, out_bytes, err_bytes from results"), [(ids[0], "a b", "-1\n", 3, 0), (ids[1], "", "1\n", 2, 0)]
            )
            end_before = (0, "expr 3 - 2") if version >= 5 else (None, None)
            self.assertEqual(self.query("select task, attempt, exit_code, command from attempts")[2:], [(2, 1, *end_before), (1, 2, 1, "expr 2 - 2")])
            self.assertEqual(self.query("select folder from sessions"), [("/data" if version >= 6 else None,), (str(program.SCRATCH),)])
            self.fail_with(2, *words[:end], "--resume", "--", "expr", "{id}", "-", "3")

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
        self.assertRegex(page, r"1 rank, \d+ workers? on ")
        self.assertIn("over 28 attempts", page)
        self.assertIn("<code>--retries</code>", page)
        self.assertNotIn("<code>--timeout</code>", page)
        self.assertNotIn("Slowest tasks", page)

    def test_of_the_environment_only_what_the_launcher_has_added_is_taken(self):
        users = {
            "OMPI_MCA_btl": "self,vader",
            "OMPI_CXX": "clang++",
            "OMPI_MCA_orte_base_help_aggregate": "0",
            "PMIX_MCA_gds": "hash",
            "RANKPOOL_HEARTBEAT_TIMEOUT": "30",
        }
        names = "env | cut -d = -f 1 | grep -E '^(OMPI|PMIX|PMI|RANKPOOL)_' | grep -vE 'RANKPOOL_(TEST|TASK_ID|ATTEMPT|SLOT|RUN_DIR|ID)' | sort"
        self.rows = self.write("rows.csv", "id\n1\n")
        kept = {name for name in {*users, *os.environ} if re.match("(OMPI|PMIX|PMI)_", name)}
        for ranks in None, 2:
            self.run_dir = self.folder / f"run{ranks}"
            out = self.succeed(*self.words("sh", "-c", names), ranks=ranks, env=users)
            self.assertEqual(set(out.split()), kept)
            with sqlite3.connect(self.run_dir / "results.sqlite") as database:
                self.assertEqual(database.execute("select count(*) from results").fetchall(), [(1,)])

    def test_a_program_of_rankpools_in_a_command_is_a_job_of_its_own(self):
        self.rows = self.write("rows.csv", "code\n0\n2\n")
        code_file = self.folder / "code"
        rows = self.write("inner.csv", "id\n1\n2\n")
        inner = f"{program.PROGRAM} exec --input {rows} --run-dir {self.folder}/inner{{code}} -- true 2>/dev/null >&2 && test -e {code_file} && exit 9; exit {{code}}"
        done = program.run(*self.words("sh", "-c", inner), ranks=2, env={"RANKPOOL_EXIT_CODE_FILE": str(code_file), "RANKPOOL_WORKERS_PER_RANK": "2"})
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(code_file.read_text(), "1\n")
        self.assertEqual(self.query("select error from failures"), [("std::runtime_error: sh left with exit code 2",)])
        with sqlite3.connect(self.folder / "inner0" / "results.sqlite") as database:
            self.assertEqual(database.execute("select ranks, workers, exit_code from sessions").fetchall(), [(1, 1, 0)])

    def test_a_command_may_be_mpirun(self):
        self.rows = self.write("rows.csv", "id\n1\n")
        out = self.succeed(*self.words(*program.MPIRUN, "-np", "2", "echo", "rank"), ranks=2)
        self.assertEqual(out, "rank\nrank\n")

    def test_wrong_settings_are_told_once(self):
        for name, value in [
            ("WORKERS_PER_RANK", ""),
            ("WORKERS_PER_RANK", "10000"),
            ("WORKERS_PER_RANK", "4000000000"),
            ("RECOVERY", "2"),
            ("HEARTBEAT_TIMEOUT", "nan"),
        ]:
            text = self.fail_with(2, *self.words("true"), ranks=2, env={"RANKPOOL_" + name: value})
            self.assertEqual(text.count(f"cannot use RANKPOOL_{name}={value} ("), 1, text)
        self.assertFalse(self.run_dir.exists())

    def test_all_output_comes_whatever_its_length_and_bytes(self):
        big = self.folder / "big"
        big.write_bytes(os.urandom(3_000_000) + b"\0\r\n")
        self.rows = self.write("rows.csv", f"command\nseq 800000\ncat {big}\nseq 800000 >&2\n")
        done = program.run(*self.words("sh", "-c", "{command}"), ranks=2)
        self.assertEqual(done.returncode, 0, done.stderr)
        numbers = "".join(f"{i}\n" for i in range(1, 800001)).encode()
        self.assertEqual(len(done.stdout), len(numbers) + 3_000_003)
        self.assertTrue(done.stdout == numbers + big.read_bytes())
        self.assertEqual(self.query("select out_bytes, err_bytes from results"), [(5488895, 0), (3000003, 0), (0, 5488895)])
        err = self.query("select err from results where task = 2")[0][0]
        self.assertEqual(len(err), 2 * 2**20 + len("\n[... 3391743 bytes are left out here by rankpool ...]\n"))
        self.assertTrue(err.startswith("1\n2\n") and err.endswith("800000\n") and "[... 3391743 bytes" in err)

    def test_what_a_command_that_failed_wrote_is_kept(self):
        self.rows = self.write("rows.csv", "id\n1\n")
        script = 'seq 100000; echo "residual 1e9 at step 17"; echo "Error: no convergence" >&2; echo "-------" >&2; exit 3'
        done = program.run(*self.words("sh", "-c", script))
        self.assertEqual(done.returncode, 1, done.stderr)
        row = json.loads(self.succeed("export", "--failed", "--format", "jsonl", self.run_dir))
        self.assertEqual(row["error"], "std::runtime_error: sh left with exit code 3: Error: no convergence")
        self.assertEqual(row["err"], "Error: no convergence\n-------\n")
        self.assertTrue(row["out"].startswith("1\n2\n") and row["out"].endswith("residual 1e9 at step 17\n"))
        self.assertIn("bytes are left out here", row["out"])
        self.assertLess(len(row["out"]), 70_000)

    def test_the_memory_limit_is_that_of_the_command(self):
        self.rows = self.write("rows.csv", "size\n1\n400\n")
        words = self.words("sh", "-c", "head -c {size}M /dev/zero | tail -c {size}M | (sleep 1; wc -c)")
        done = program.run(*words[:1], "--memory-limit", "100M", "--retries", "1", *words[1:])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.query("select outcome, attempts from failures"), [("failed", 2)])
        self.assertIn("over --memory-limit", self.query("select error from failures")[0][0])
        # Output is not memory of the command.
        self.run_dir = self.folder / "output"
        words = self.words("head", "-c", "150M", "/dev/zero")
        self.rows = self.write("rows.csv", "size\n1\n")
        self.assertEqual(len(self.succeed(*words[:1], "--memory-limit", "100M", *words[1:])), 150 * 2**20)

    def test_nothing_stays_of_a_command_whose_worker_ends(self):
        self.rows = self.write("rows.csv", "id\n1\n")
        mark = f"86401.{os.getpid()}"
        for script, how, outcome in [
            (f"setsid sleep {mark} & sleep {mark}", ["--timeout", "500ms"], "timeout"),
            (f"setsid sleep {mark} & kill -9 $PPID; sleep {mark}", [], "lost"),
        ]:
            self.run_dir = self.folder / outcome
            words = self.words("sh", "-c", script)
            done = program.run(*words[:1], *how, *words[1:])
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(self.query("select outcome from failures"), [(outcome,)], done.stderr)
            self.assertEqual(running(mark), [])

    def test_a_command_is_over_when_its_process_is(self):
        self.rows = self.write("rows.csv", "id\n1\n")
        mark = f"86402.{os.getpid()}"
        self.assertEqual(self.succeed(*self.words("sh", "-c", f"sleep {mark} & setsid sleep {mark} & echo started"), timeout=30), "started\n")
        self.assertEqual(running(mark), [])

    def test_rows_from_stdin(self):
        done = program.run(
            "exec", "--input", "-", "--run-dir", self.run_dir, "--progress", "none", "--", "echo", "{n}", ranks=2, stdin=b"n\r\n5\r\n6\r\n"
        )
        self.assertEqual(done.stdout, b"5\n6\n", done.stderr)

    def test_a_command_beyond_its_time_is_ended_with_what_it_has_started(self):
        self.rows = self.write("rows.csv", "id\n1\n")
        mark = f"86400.{os.getpid()}"
        words = self.words("sh", "-c", f"sleep {mark}; true")
        done = program.run(*words[: words.index("--")], "--timeout", "500ms", *words[words.index("--") :])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.query("select outcome from failures"), [("timeout",)])
        self.assertEqual(running(mark), [])

    def test_mistakes_are_told_and_leave_nothing(self):
        for command, text in [
            (["echo", "{alpa}"], "there is no column 'alpa'; did you mean {alpha}?). There is id, alpha."),
            (["echo", "{}"], "a row has several columns"),
        ]:
            self.assertIn(text, self.fail_with(2, *self.words(*command), ranks=2))
        for content, text in [("", "there is no first row"), ("a,a\n1,2\n", "two columns 'a'"), ("a,\n1,2\n", "has no name")]:
            self.rows = self.write("rows.csv", content)
            self.assertIn(text, self.fail_with(2, *self.words("echo")))
        self.rows = self.folder / "gone.csv"
        self.assertIn("No such file", self.fail_with(2, *self.words("echo")))
        self.assertFalse(self.run_dir.exists())

    def test_a_row_of_another_length_is_told_before_anything_runs(self):
        self.rows = self.write("rows.csv", "a,b\n1,2\n3\n")
        self.assertIn("row 3 has 1 fields instead of 2", self.fail_with(2, *self.words("echo", "{a}")))
        self.assertFalse(self.run_dir.exists())

    def test_in_a_stream_it_ends_the_run(self):
        self.rows = "-"
        done = program.run(*self.words("echo", "{a}"), stdin=b"a,b\n1,2\n3\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"row 3 has 1 fields instead of 2", done.stderr)
        # What came before is kept, and the run does not look as if it had died.
        self.assertEqual(self.query("select count(*) from results"), [(1,)])
        self.assertEqual(self.query("select exit_code, ending from sessions"), [(2, "ended by an error of its input or of the job")])


def running(mark):
    """The command lines with this in them that are left after the time that a busy machine takes to end killed processes."""
    for _ in range(1000):
        left = [line for line in map(command_line, filter(str.isdigit, os.listdir("/proc"))) if mark in line]
        if not left:
            break
        time.sleep(0.01)
    return left


def command_line(pid):
    """Of a process, as one text."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").replace("\0", " ")
    except OSError:
        return ""


if __name__ == "__main__":
    program.main()
