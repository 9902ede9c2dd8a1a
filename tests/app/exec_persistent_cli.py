"""Commands that stay and are asked row by row: functions of Python, and of a shell."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

# Answers with what it was asked.
SHELL = r"""while read -r line; do printf '{"ok": %s}\n' "$line"; done"""


POOL = """
import os
from rankpool import Pool, WorkerLost

def square(x):
    return x * x

def odd(x):
    if x == 3:
        raise ValueError("no 3")
    if x == 5:
        os._exit(7)
    return x

if __name__ == "__main__":
    with Pool() as pool:
        print(pool.map(square, [1, 2, 3, 4, 5]))
        print(pool.apply(pow, (2, 10)), pool.starmap(pow, [(2, 3), (3, 2)]))
        results = pool.imap(odd, range(9))
        print([next(results) for i in range(3)])
        for call in (lambda: next(results), lambda: pool.map(odd, [4, 5, 6], chunksize=1)):
            try:
                call()
            except (ValueError, WorkerLost) as error:
                print(type(error).__name__, error)
        print(sum(pool.imap(square, iter(range(2000)))), pool.map(len, [b"x" * 3_000_000]), pool.map(square, []))
"""
POOL_PRINTS = [
    "[1, 4, 9, 16, 25]",
    "1024 [8, 9]",
    "[0, 1, 2]",
    "ValueError no 3",
    "WorkerLost the worker of this call has died",
    "2664667000 [3000000] []",
]


class ExecPersistentCli(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.run_dir = self.folder / "run"

    def exec(self, *words, ranks=None, code=0, **how):
        """What a run prints, line by line, and says."""
        done = program.run("exec", "--progress", "none", "--run-dir", self.run_dir, "--persistent", *words, ranks=ranks, **how)
        self.assertEqual(done.returncode, code, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()

    def python(self, text):
        """The words that serve the function f of this text."""
        return ["python3", str(self.write("serve.py", f"import os, sys, time\nfrom rankpool_worker import serve\n{text}\nserve(f)\n"))]

    def query(self, text):
        """Rows of the run's database, which its own program takes for sound."""
        self.succeed("export", self.run_dir)
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            return database.execute(text).fetchall()

    @unittest.skipIf(
        subprocess.run(["Rscript", "-e", "library(jsonlite)"], capture_output=True, check=False).returncode if shutil.which("Rscript") else 1,
        "no R with jsonlite",
    )
    def test_functions_of_r(self):
        rows = self.write("rows.csv", "x,n\n2,3\n0.1,1\nno,1\n")
        script = self.write(
            "serve.R",
            """source(file.path(Sys.getenv("RANKPOOL_SHARE"), "worker.R"))
serve(function(x, n) {
  print("not an answer")
  if (x == "no") stop("no \\"x\\"")
  list(y = as.numeric(x)^as.integer(n), z = NaN)
})
""",
        )
        out, err = self.exec("--input", rows, "--", "Rscript", script, ranks=2, code=1)
        self.assertEqual(out, [{"y": 8, "z": None}, {"y": 0.1, "z": None}])
        self.assertIn('failed: no "x" (task 2, x=no, n=1)', err)
        self.assertEqual(self.query("select y, typeof(y), err from results order by task")[0][:2], (8, "integer"))
        self.run_dir = self.folder / "one"
        script.write_text(script.read_text().split("serve(")[0] + "serve(sqrt)\n")
        self.assertEqual(self.exec("--format", "jsonl", "--input", "-", "--", "Rscript", script, stdin=b'{"a": 16}\n{"a": 2}\n')[0], [4, 2**0.5])

    def test_a_line_that_is_no_answer_moves_none_to_another_row(self):
        script = r"""n=0; while read -r line; do n=$((n+1)); x=${line##*'"value":"'}; [ $n = 2 ] && echo noise; echo "{\"ok\": ${x%%\"*}}"; [ $n = 4 ] && echo late; done; true"""
        done = program.run(
            "exec",
            "--progress",
            "none",
            "--run-dir",
            self.run_dir,
            "--workers-per-rank",
            "1",
            "--persistent",
            "--",
            "sh",
            "-c",
            script,
            ":::",
            *map(str, range(20)),
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"answered noise", done.stderr)
        rows = self.query("select value, result from results order by task")
        self.assertGreaterEqual(len(rows), 10)
        self.assertEqual([value for value, _ in rows], [result for _, result in rows])

    def test_one_that_floods_stderr_is_late_all_the_same(self):
        for script in "read -r line; yes >&2", "read -r line; exec 2>&-; sleep 60":
            self.run_dir = self.folder / f"late{len(script)}"
            start = time.monotonic()
            self.exec("--timeout", "1s", "--", "sh", "-c", script, ":::", "1", code=1)
            self.assertLess(time.monotonic() - start, 20)
            self.assertEqual(self.query("select outcome from attempts"), [("timeout",)])

    def test_results_are_typed_columns(self):
        rows = self.write("rows.csv", "x,n\n2,3\n1.5,2\n")
        words = self.python('def f(x, n):\n    return {"y": float(x) ** int(n), "name": "ä" + x, "list": [1, None], "X": True, "none": float("nan")}')
        for ranks in None, 2:
            self.run_dir = self.folder / f"run{ranks}"
            out, _ = self.exec("--input", rows, "--", *words, ranks=ranks)
            self.assertEqual([row["y"] for row in out], [8, 2.25])
            self.assertEqual(
                self.query("select y, name, list, result_X, none from results"), [(8, "ä2", "[1,null]", 1, None), (2.25, "ä1.5", "[1,null]", 1, None)]
            )
            self.assertEqual(self.query("select typeof(y), typeof(result_X) from results limit 1"), [("real", "integer")])

    def test_rows_come_with_their_types(self):
        rows = self.write("rows.jsonl", '{"x": 1, "s": "2", "l": [0.5]}\n{"x": null, "s": "", "l": true}\n')
        out, _ = self.exec("--input", rows, "--", "sh", "-c", SHELL)
        self.assertEqual([one["input"] for one in out], [json.loads(line) for line in rows.read_text().splitlines()])
        self.assertEqual([(one["task"], one["attempt"]) for one in out], [(0, 1), (1, 1)])
        self.run_dir = self.folder / "texts"
        self.assertEqual([one["input"] for one in self.exec("--", "sh", "-c", SHELL, ":::", "1", 'a"b')[0]], [{"value": "1"}, {"value": 'a"b'}])
        self.assertEqual(self.exec("--resume", "--", "sh", "-c", SHELL, ":::", "1", 'a"b', "c")[0][2]["input"], {"value": "c"})
        self.run_dir = self.folder / "calls"
        self.assertEqual(self.exec("--", *self.python("def f(number): return int(number) + 1"), ":::", "1-3")[0], [2, 3, 4])
        self.assertEqual(self.query("select value, result from results"), [(1, 2), (2, 3), (3, 4)])
        self.run_dir = self.folder / "dict"
        self.assertEqual(
            self.exec("--grid", "a=1,2", "--grid", "b=3", "--", *self.python("def f(row): return sorted(row.items())"))[0][1],
            [["a", "2"], ["b", "3"]],
        )

    def test_columns_may_come_late_and_after_a_resume(self):
        words = self.python('def f(x): return {"a": 1} if x == "1" else {"b": x} if x == "2" else 7')
        self.exec("--", *words, ":::", "1", "2", ranks=1)
        self.exec("--resume", "--", *words, ":::", "1", "2", "3", ranks=1)
        self.assertEqual(self.query("select a, b, result from results"), [(1, None, None), (None, "2", None), (None, None, 7)])

    def test_no_field_is_put_into_anothers_column(self):
        words = self.python(
            'answers = {"1": {"value": 8, "result_value": 9, "Y": 1, "y": 2}, "2": {"result_value": 7, "y": 3}, "3": {"value": 6}}\n'
            "def f(value): return answers[value]"
        )
        self.exec("--", *words, ":::", "1", ranks=1)
        self.exec("--resume", "--", *words, ":::", "1", "2", ranks=1)
        self.exec("--resume", "--", *words, ":::", "1", "2", "3", ranks=1)
        self.assertEqual(
            self.query("select value, result_value, result_result_value, Y, result_y from results order by task"),
            [(1, 8, 9, 1, 2), (2, None, 7, None, 3), (3, 6, None, None, None)],
        )

    def test_fields_without_room_for_a_column_are_told(self):
        words = self.python('def f(x):\n    return {f"{x}{i}": i for i in range(1000)}')
        out, err = self.exec("--workers-per-rank", "1", "--", *words, ":::", "a", "b", ranks=1)
        self.assertEqual([len(row) for row in out], [1000, 1000])
        for text in err, (self.run_dir / "run.log").read_text():
            self.assertEqual(text.count("have no column of their own, 'a500' the first of them"), 1, text)
        self.assertEqual(self.query("select a0, a499 from results order by task"), [(0, 499), (None, None)])
        stored = [json.loads(text) for (text,) in self.query("select out from results order by task")]
        self.assertEqual(stored, out)

    def test_one_process_for_many_rows_which_ends_by_itself(self):
        words = self.python(f'import atexit\natexit.register(lambda: open("{self.folder}/ended", "a").write("e"))\ndef f(x): return os.getpid()')
        out, _ = self.exec("--workers-per-rank", "2", "--", *words, ":::", "1-40", ranks=1)
        self.assertLessEqual(len(set(out)), 2)
        self.assertEqual((self.folder / "ended").read_text(), "e" * len(set(out)))

    def test_one_that_ends_after_an_answer_is_started_anew(self):
        shell = r"""while read -r line; do printf '{"ok": %s}\n' $$; case "$line" in *'"2"'*) exit 3;; esac; done"""
        rows = "".join(f'{{"x": "{i}"}}\n' for i in (1, 2, 2, 3))
        command = program.command(
            "exec", "--run-dir", self.run_dir, "--persistent", "--workers-per-rank", "1", "--input", "-", "--format", "jsonl", "--", "sh", "-c", shell
        )
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            pids = []
            for row in rows.splitlines():
                running.stdin.write(row.encode() + b"\n")
                running.stdin.flush()
                pids.append(running.stdout.readline())
                time.sleep(0.2)
            self.assertIn(b"4 ok, 0 failed, 0 lost", running.communicate()[1])
        self.assertEqual([pids[0] == pids[1], pids[1] == pids[2], pids[2] == pids[3]], [True, False, False])

    def test_what_fails_fails_its_row_alone(self):
        text = """def f(x):
    print("at", x)
    if x == "raises": raise ValueError("no " + x)
    if x == "leaves": os._exit(7)
    if x == "is killed": os.kill(os.getpid(), 9)
    if x == "is slow": time.sleep(60)
    if x == "writes": os.write(answers, b"what?\\n")
    return os.getpid()"""
        words = self.python(f"answers = os.dup(1)\n{text}")
        values = ["a", "raises", "leaves", "is killed", "is slow", "b", "writes", "c"]
        out, err = self.exec("--timeout", "1s", "--", *words, ":::", *values, ranks=1, code=1)
        self.assertEqual(len(out), 3)
        self.assertEqual(
            self.query("select value, outcome, error from failures join attempts using (task, outcome, error)"),
            [
                ("raises", "failed", "std::runtime_error: ValueError: no raises"),
                ("leaves", "failed", "std::runtime_error: python3 left with exit code 7 instead of answering: at leaves"),
                ("is killed", "failed", "std::runtime_error: python3 was ended by signal 9 (Killed) instead of answering: at is killed"),
                ("is slow", "timeout", "rankpool::Error: ran longer than --timeout (python3 took more than 1.0 s)"),
                (
                    "writes",
                    "failed",
                    'rankpool::Error: python3 answered what? (neither {"ok": ...} nor {"error": ...}). Does it write something else to stdout?',
                ),
            ],
        )
        self.assertIn("failed: ValueError: no raises (task 1, value=raises)", err)
        self.assertEqual(
            self.query("select cause, exit_code, signal from attempts where outcome != 'ok' order by task")[1:3],
            [("exit", 7, None), ("signal", None, 9)],
        )

    def test_a_killed_worker_takes_its_command_along(self):
        words = self.python(
            'def f(x):\n    if x == "3" and not os.path.exists("once"): open("once", "w"); os.kill(os.getppid(), 9); time.sleep(60)\n    return os.getpid()'
        )
        out, _ = self.exec("--retries", "1", "--cwd", self.folder, "--", *words, ":::", "1-20", ranks=2)
        self.assertEqual(len(out), 20)
        for pid in set(out):
            self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_large_values(self):
        rows = self.write("rows.jsonl", json.dumps({"x": "ü" * 5_000_000}) + "\n" + json.dumps({"x": ""}) + "\n")
        words = self.python('def f(x):\n    sys.stderr.write("e" * 3_000_000)\n    return x * 2')
        out, _ = self.exec("--input", rows, "--", *words, ranks=2)
        self.assertEqual(out, ["ü" * 10_000_000, ""])

    def test_what_is_there_does_not_wait_for_what_comes_later(self):
        rows = {"jsonl": ('{"x": 1}', '{"x": 2}'), "csv": ("x\n1", "2"), "lines": ("1", "2")}
        for form, (first, second) in rows.items():
            for options, answer in ([["--", "echo"], b""], [["--persistent", "--", "sh", "-c", SHELL], b"{"]):
                with self.subTest(form=form, options=options):
                    words = ["exec", "--progress", "none", "--run-dir", self.folder / f"{form}{len(answer)}", "--input", "-", "--format", form]
                    command = program.command(*words, *options, ranks=2)
                    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
                        for text in first, second:
                            running.stdin.write(f"{text}\n".encode())
                            running.stdin.flush()
                            self.assertTrue(running.stdout.readline().startswith(answer))
                        running.stdin.close()
                        self.assertEqual(running.wait(), 0)

    def test_a_pool_of_python(self):
        script = self.write("squares.py", POOL)
        env = {"RANKPOOL": program.PROGRAM, "PYTHONPATH": str(Path(program.PROGRAM).parents[1] / "share" / "rankpool")}
        for start in ([], [*program.MPIRUN, "-np", "1"], [*program.MPIRUN, "-np", "4"]):
            with self.subTest(start=start):
                command = [*start, sys.executable, script]
                done = subprocess.run(command, capture_output=True, timeout=100, env={**os.environ, **env}, cwd=self.folder, check=False)
                self.assertEqual((done.returncode, done.stdout.decode().splitlines()), (0, POOL_PRINTS), done.stderr)

    def test_the_memory_limit_holds_for_each_row(self):
        words = self.python('def f(x):\n    big = bytearray(b"x") * (int(x) << 20)\n    time.sleep(1 if int(x) > 100 else 0)\n    return os.getpid()')
        out, _ = self.exec("--workers-per-rank", "1", "--memory-limit", "150M", "--", *words, ":::", "1", "400", "2", ranks=1, code=1)
        self.assertEqual(len(set(out)), 2)
        self.assertEqual(self.query("select task, outcome, cause from failures join attempts using (task, outcome)"), [(1, "failed", "memory")])
        self.assertIn("over --memory-limit", self.query("select error from failures")[0][0])
        # Half as much more, for this row and no other.
        self.run_dir = self.folder / "more"
        out, _ = self.exec("--workers-per-rank", "1", "--memory-limit", "300M", "--retries", "1", "--", *words, ":::", "400", ranks=1)
        self.assertEqual(len(out), 1)
        self.assertEqual(self.query("select outcome from attempts order by attempt"), [("failed",), ("ok",)])

    def test_answers_are_kept_as_asked(self):
        words = self.python('def f(x):\n    print("said", x)\n    if x == "b": raise ValueError("no b")\n    return {"y": x}')
        for keep in "all", "failed", "none":
            self.run_dir = self.folder / keep
            printed, _ = self.exec("--keep-output", keep, "--", *words, ":::", "a", "b", code=1)
            self.assertEqual(printed, [{"y": "a"}] if keep == "all" else [])
            stored = ("a", '{"y":"a"}\n', "said a\n") if keep == "all" else ("a", "", "")
            self.assertEqual(self.query("select y, out, err from results"), [stored])
            of_failed = self.query("select err from attempts where outcome = 'failed'")[0][0] or ""
            self.assertEqual("said b" in of_failed, keep != "none", of_failed)

    def test_nothing_of_it_is_by_row(self):
        def refuse(*words):
            return self.fail_with(2, "exec", "--run-dir", self.run_dir, "--persistent", *words, "--", "cat", ":::", "1", "2")

        for option, text in ("--env", "SEED={}"), ("--cwd", "d{}"), ("--cpus", "{}"), ("--memory", "{}G"), ("--gpus", "{#}"):
            self.assertIn(f"cannot fill rows into {option} (", refuse(option, text))
        for option, text in ("--output-dir", "o"), ("--task-dir", "t"), ("--stdin", "/dev/null"), ("--stdin-column", "value"):
            self.assertIn(f"cannot take {option} (", refuse(option, text))
        words = self.python('def f(x): return [os.environ.get(name) for name in ("RANKPOOL_VALUE", "SEED", "RANKPOOL_RUN_DIR")]')
        out, _ = self.exec("--workers-per-rank", "1", "--env", "SEED={%}", "--", *words, ":::", "1", "2", ranks=1)
        self.assertEqual(out, [[None, "1", str(self.run_dir)]] * 2)

    def test_what_cannot_be(self):
        def refuse(*words):
            return self.fail_with(2, "exec", "--run-dir", self.run_dir, "--persistent", *words)

        self.assertIn("it gets each row on stdin", refuse("--", "cat", "{}", ":::", "1"))
        self.assertIn("it gets each row on stdin", refuse("--commands", self.write("commands", "true\n")))
        _, err = self.exec("--", "/no/program", ":::", "1", code=1)
        self.assertIn("cannot start /no/program", err)
        self.run_dir = self.folder / "asked"
        self.assertEqual(self.succeed("exec", "--dry-run", "--persistent", "--", "cat", ":::", "1"), '{"task":0,"attempt":1,"input":{"value":"1"}}\n')
        self.exec("--", "sh", "-c", SHELL, ":::", "1")
        self.assertIn("persistent", self.fail_with(2, "rerun", self.run_dir, 0))


if __name__ == "__main__":
    program.main()
