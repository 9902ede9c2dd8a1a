"""How the commands of exec end: output, time, other tries, files of rows."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program


class ExecEndsCli(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.run_dir = self.folder / "run"

    def words(self, *words):
        """An exec command line."""
        return ["exec", "--progress", "none", "--run-dir", self.run_dir, *words]

    def exec(self, code, *words, ranks=None):
        """What it prints, and says."""
        done = program.run(*self.words(*words), ranks=ranks)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.decode(), done.stderr.decode()

    def query(self, text):
        """Rows of the run's database."""
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            return database.execute(text).fetchall()

    def test_output_comes_while_the_run_goes_on_and_in_the_order_of_the_rows(self):
        script = "echo {}; [ {} = last ] && sleep 3; true"
        command = program.command(*self.words("--", "sh", "-c", script, ":::", "a", "b", "last"), ranks=None)
        start = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
            self.assertEqual((running.stdout.readline(), running.stdout.readline()), (b"a\n", b"b\n"))
            self.assertLess(time.monotonic() - start, 3)
            self.assertEqual(running.stdout.read(), b"last\n")
        self.run_dir = self.folder / "order"
        script = "sleep 0.{}; echo {}; [ {} != 3 ]"
        self.assertEqual(self.exec(1, "--", "sh", "-c", script, ":::", "5", "3", "1", "0", ranks=2)[0], "5\n3\n1\n0\n")
        self.run_dir = self.folder / "no-order"
        out, _ = self.exec(1, "--no-keep-order", "--", "sh", "-c", script, ":::", "5", "3", "1", "0", ranks=2)
        self.assertEqual(sorted(out.split()), ["0", "1", "3", "5"])
        self.assertNotEqual(out.split()[0], "5")

    def test_lines_come_when_they_are_written(self):
        script = "printf 'a%s\\nb' {}; sleep 0.{}; printf 'c\\n'; printf end; [ {} != 4 ]"
        for ranks in None, 2:
            self.run_dir = self.folder / f"lines{ranks}"
            out, _ = self.exec(1, "--line-buffer", "--tag", "--workers-per-rank", "2", "--", "sh", "-c", script, ":::", "9", "4", ranks=ranks)
            self.assertEqual(sorted(out.splitlines()), ["4\ta4", "4\tbc", "4\tend", "9\ta9", "9\tbc", "9\tend"])
            self.assertLess(out.index("a9"), out.index("4\tend"))
        self.assertEqual(self.query("select out from results"), [("a9\nbc\nend",)])
        self.assertEqual(
            self.exec(1, "--line-buffer", "--resume", "--no-retry-failed", "--tag", "--", "sh", "-c", script, ":::", "9", "4")[0],
            "9\ta9\n9\tbc\n9\tend",
        )

    def test_a_limit_by_the_median_holds_for_those_that_began_before_it_was_known(self):
        start = time.monotonic()
        self.exec(1, "--timeout", "3000%", "--", "sleep", "{}", ":::", "60", *["0.1"] * 6, ranks=2)
        self.assertLess(time.monotonic() - start, 30)
        self.assertEqual(self.query("select task, outcome, cause from attempts where outcome <> 'ok'"), [(0, "timeout", "timeout")])

    def test_commands_save_themselves_before_the_end(self):
        script = "trap 'touch saved{}; exit 7' TERM; touch begun{}; [ {} -lt 2 ] && exit; sleep 60 & wait"
        words = ["--cwd", self.folder, "--term-seq", "TERM,5s,KILL", "--retries", "3", "--", "sh", "-c", script, ":::", "1", "2", "3"]
        for how in "told", "time":
            self.run_dir = self.folder / how
            limit = ["--time-limit", "15s"] if how == "time" else []
            with subprocess.Popen(program.command(*self.words(*limit, *words), ranks=2), stderr=subprocess.PIPE) as running:
                if how == "told":
                    self.wait_for_files("begun1", "begun2", "begun3")
                    running.send_signal(signal.SIGUSR1)
                err = running.stderr.read().decode()
                self.assertEqual(running.wait(), 75, err)
            self.assertIn("add --resume to go on", err)
            self.assertEqual(self.query("select task, outcome from attempts"), [(0, "ok")])
            self.assertIn("was told to end after", (self.run_dir / "run.log").read_text())
            for number in 2, 3:
                (self.folder / f"saved{number}").unlink()

    def wait_for_files(self, *names):
        """Until commands have made them in the folder."""
        end = time.monotonic() + 30
        while not all((self.folder / name).exists() for name in names) and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.2)

    def test_a_notice_that_leaves_no_time_is_refused(self):
        err = self.exec(2, "--term-seq", "TERM,1m,KILL", "--time-limit", "30s", "--", "true", ":::", "1")[1]
        self.assertIn("cannot do any task in time", err)

    def test_a_long_command_can_be_followed(self):
        wait = 'until [ -e "$0"/{} ]; do sleep 0.02; done; '
        script = "echo begin $1; " + wait.format("once") + "echo err >&2; " + wait.format("twice") + "echo end"
        for ranks in None, 2:
            self.run_dir = self.folder / f"followed{ranks}"
            signs = self.folder / f"signs{ranks}"
            signs.mkdir()
            words = self.words("--", "sh", "-c", script, str(signs), "{}", ":::", "a", "b")
            with subprocess.Popen(program.command(*words, ranks=ranks), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
                self.wait_for_files(self.run_dir / "results.sqlite")
                follow = program.command("status", self.run_dir, "--follow", "1")
                with subprocess.Popen(follow, stdout=subprocess.PIPE) as following:
                    self.assertEqual(following.stdout.readline(), b"begin b\n")
                    (signs / "once").touch()
                    self.assertEqual(following.stdout.readline(), b"err\n")
                    (signs / "twice").touch()
                    self.assertEqual(following.stdout.read(), b"end\n")
                self.assertEqual((following.returncode, running.wait(20)), (0, 0))
            self.assertFalse((self.run_dir / "running").exists())
            self.assertRegex(self.succeed("status", self.run_dir, "--follow", "1"), r"(?s)Task 1 of .*It has a result\.")
        self.assertIn("cannot look at task 2", self.fail_with(2, "status", self.run_dir, "--follow", "2"))
        self.assertIn("cannot look at task x", self.fail_with(2, "status", self.run_dir, "--follow", "x"))

    def test_what_is_stored_can_be_unpacked(self):
        script = r"printf 'out {}\0\377'; echo err {} >&2; [ {} != b ]"
        self.assertEqual(program.run(*self.words("--", "sh", "-c", script, ":::", "a", "b"), ranks=2).returncode, 1)
        folder = self.folder / "new" / "files"
        self.assertEqual(self.succeed("export", self.run_dir, "--unpack", folder), "")
        found = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.assertEqual(
            found,
            {
                f"{i}.{end}": text
                for i, row in enumerate("ab")
                for end, text in (("out", f"out {row}".encode() + b"\0\xff"), ("err", f"err {row}\n".encode()))
            },
        )
        self.succeed("run", "pi", "--samples", "1e5", "--run-dir", self.folder / "pi")
        self.assertIn("it is a run of pi", self.fail_with(2, "export", self.folder / "pi", "--unpack", folder))
        self.assertIn("cannot make the folder", self.fail_with(2, "export", self.run_dir, "--unpack", "/dev/null/x"))

    def test_a_resumed_run_prints_everything(self):
        script = "echo out {}; [ {} != b ] || [ -e now ]"
        words = ["--cwd", self.folder, "--tag", "--", "sh", "-c", script, ":::", "a", "b", "c"]
        self.assertEqual(self.exec(1, *words)[0], "a\tout a\nb\tout b\nc\tout c\n")
        (self.folder / "now").touch()
        self.assertEqual(self.exec(0, "--resume", *words)[0], "a\tout a\nb\tout b\nc\tout c\n")
        self.assertEqual(self.query("select count(*) from attempts"), [(4,)])

    def test_much_output_that_waits_for_its_turn_is_not_held(self):
        script = "[ {} = 1 ] && sleep 2; head -c 30M /dev/zero | tr '\\0' {}"
        out, _ = self.exec(0, "--", "sh", "-c", script, ":::", "1-6", ranks=2)
        self.assertEqual(out, "".join(str(i) * (30 * 2**20) for i in range(1, 7)))

    def test_why_commands_failed_is_told(self):
        _, err = self.exec(1, "--", "sh", "-c", "echo no {} >&2; exit {}", ":::", "3", "4")
        self.assertIn("failed: sh left with exit code 3: no 3 (task 0, value=3)\n", err)
        self.assertIn(f"export --failed {self.run_dir} tells all\n", err)
        self.run_dir = self.folder / "many"
        _, err = self.exec(1, "--", "sh", "-c", "exit 9", ":::", "1-30")
        self.assertRegex(err, r"failed, 30 times: sh left with exit code 9 \(first task \d+, value=\d+\)\n")

    def test_what_is_kept(self):
        for keep, out, stored in [("all", "a\nb\n", ["a\n"]), ("failed", "b\n", [""]), ("none", "", [""])]:
            self.run_dir = self.folder / keep
            self.assertEqual(self.exec(1, "--keep-output", keep, "--", "sh", "-c", "echo {}; [ {} = a ]", ":::", "a", "b")[0], out)
            self.assertEqual([text for (text,) in self.query("select out from results")], stored)
        self.run_dir = self.folder / "files"
        out_dir = self.folder / "out"
        self.exec(1, "--output-dir", out_dir, "--", "sh", "-c", "echo {}; echo e >&2; [ {} = a ]", ":::", "a", "b")
        self.assertEqual(sorted(path.name for path in out_dir.iterdir()), ["0.err", "0.out", "1.err", "1.out"])
        self.assertEqual(((out_dir / "1.out").read_text(), (out_dir / "1.err").read_text()), ("b\n", "e\n"))
        self.run_dir = self.folder / "named"
        self.exec(0, "--output-dir", f"{out_dir}/{{}}/{{#}}", "--", "echo", "{}", ":::", "a")
        self.assertEqual((out_dir / "a" / "1.out").read_text(), "a\n")

    def test_files_go_along_with_their_rows(self):
        """Those that are resumed in another order, with others before them, or without some."""
        out_dir = self.folder / "out"
        script = 'echo {} $RANKPOOL_ATTEMPT; echo "e {}" >&2; [ {} != bad ]'

        def files(*rows, keep="all"):
            code = 1 if "bad" in rows else 0
            words = ["--resume", "--no-retry-failed", "--keep-output", keep, "--output-dir", out_dir]
            self.exec(code, *words, "--", "sh", "-c", script, ":::", *rows)
            return {path.name: path.read_text() for path in out_dir.iterdir()}

        def wanted(*rows):
            out = {f"{i}.out": f"{row} 1\n" for i, row in enumerate(rows)}
            return out | {f"{i}.err": f"e {row}\n" for i, row in enumerate(rows)}

        for keep in "all", "none":
            self.run_dir = self.folder / f"moved-{keep}"
            for path in out_dir.glob("*"):
                path.unlink()
            orders = "a bad", "new a bad", "bad a new", "bad a new", "new", "a new x bad", "x a new bad", "bad bad a new x"
            for rows in map(str.split, orders):
                self.assertEqual(files(*rows, keep=keep), wanted(*rows))
            tasks = [row for row in self.query("select task, value from results where task >= 0 order by task")]
            self.assertEqual(tasks, [(2, "a"), (3, "new"), (4, "x")])
            self.assertFalse((self.run_dir / "moved").exists())

    def test_files_of_rows_that_are_tried_again_elsewhere(self):
        out_dir = self.folder / "out"
        mark = self.folder / "mark"
        words = ["--output-dir", out_dir, "--", "sh", "-c", f"echo {{}} $RANKPOOL_ATTEMPT; [ -e {mark} ] || [ {{}} = a ]", ":::"]
        self.exec(1, *words, "bad", "a")
        mark.touch()
        self.exec(0, "--resume", *words, "new", "a", "bad")
        self.assertEqual([(out_dir / f"{i}.out").read_text() for i in range(3)], ["new 1\n", "a 1\n", "bad 2\n"])

    def test_files_named_by_numbers_have_those_of_the_rows(self):
        out_dir = self.folder / "out"
        words = ["--output-dir", f"{out_dir}/{{#}}-{{}}", "--", "echo", "{}", ":::"]
        self.exec(0, *words, "a", "b")
        self.exec(0, "--resume", *words, "new", "a", "b")
        self.assertEqual([(out_dir / f"{i}-{x}.out").read_text() for i, x in ((1, "new"), (2, "a"), (3, "b"))], ["new\n", "a\n", "b\n"])

    def test_two_rows_with_one_name_for_their_files_are_refused(self):
        rows = self.write("rows.csv", "m,n\na,1\nb,2\n./a,3\n")
        _, err = self.exec(2, "--output-dir", f"{self.folder}/o/{{m}}", "--input", rows, "--", "echo", "{n}")
        self.assertIn("cannot keep the output of row 1 and of row 3 (", err)
        self.assertIn("/o/a.out", err)
        self.assertFalse((self.folder / "o").exists())
        self.exec(0, "--output-dir", f"{self.folder}/o/{{m}}-{{n}}", "--input", rows, "--", "echo", "{n}")

    def test_each_attempt_is_recorded(self):
        script = "case {} in exit) exit 7;; signal) kill -9 $$;; time) sleep 60;; esac"
        self.exec(1, "--timeout", "1s", "--", "sh", "-c", script, ":::", "ok", "exit", "signal", "time", ranks=2)
        rows = self.query("select outcome, exit_code, signal, cause from attempts order by task")
        self.assertEqual(rows, [("ok", 0, None, None), ("failed", 7, None, "exit"), ("failed", None, 9, "signal"), ("timeout", None, 15, "timeout")])
        self.assertEqual(self.query("select count(*) from attempts where user_seconds >= 0 and slot in (1, 2) and command like 'sh -c %'"), [(4,)])
        self.run_dir = self.folder / "start"
        self.exec(1, "--", "/no/such/program", ":::", "a")
        self.assertEqual(self.query("select cause, exit_code, command from attempts"), [("start", None, "/no/such/program a")])

    def test_a_command_that_takes_too_long_may_save_itself(self):
        script = 'trap "echo saved; exit 0" TERM; sleep 60 & wait'
        self.assertEqual(self.exec(1, "--timeout", "500ms", "--", "sh", "-c", script, ":::", "a")[0], "saved\n")
        self.assertEqual(
            self.query("select outcome, error from failures"), [("timeout", "rankpool::Error: ran longer than --timeout (sh took more than 500 ms)")]
        )
        self.run_dir = self.folder / "steps"
        script = 'trap "echo int" INT; trap "echo term" TERM; while :; do sleep 0.02; done'
        out, _ = self.exec(1, "--timeout", "300ms", "--term-seq", "INT,300ms,TERM,300ms,KILL", "--", "sh", "-c", script, ":::", "a")
        self.assertEqual(out, "int\nterm\n")
        self.assertEqual(self.query("select signal from attempts"), [(9,)])
        self.assertIn("no sequence of signals", self.fail_with(2, *self.words("--term-seq", "NONE,1s", "--", "true", ":::", "a")))

    def test_a_limit_by_the_median(self):
        values = ["0.1"] * 20 + ["60"]
        self.exec(1, "--timeout", "500%", "--", "sleep", "{}", ":::", *values)
        self.assertEqual(self.query("select task, outcome from failures"), [(20, "timeout")])

    def test_what_is_tried_again(self):
        for options, script, attempts in [
            (["--retries", "2"], "exit 3", 3),
            (["--retries", "2"], "exit 2", 1),
            (["--retries", "2", "--retry", "exit=2"], "exit 2", 3),
            (["--retries", "2", "--retry", "exit=4,5"], "exit 3", 1),
            (["--retries", "2", "--retry", "exit=4", "--retry", "signal=KILL"], "kill -9 $$", 3),
            (["--retries", "2", "--retry", "exit=137"], "kill -9 $$", 1),
            (["--retries", "1", "--retry", "timeout", "--timeout", "300ms"], "sleep 60", 2),
            (["--retries", "5"], "[ $RANKPOOL_ATTEMPT = 3 ]", 3),
        ]:
            with self.subTest(options=options, script=script):
                self.run_dir = self.folder / f"run{time.monotonic_ns()}"
                self.exec(0 if "ATTEMPT" in script else 1, *options, "--", "sh", "-c", script, ":::", "a", ranks=2)
                self.assertEqual(self.query("select count(*) from attempts"), [(attempts,)])
        self.run_dir = self.folder / "start"
        self.exec(1, "--retries", "3", "--", "/no/such/program", ":::", "a")
        self.assertEqual(self.query("select count(*) from attempts"), [(1,)])
        self.assertIn("is none of exit=3,75", self.fail_with(2, *self.words("--retry", "exit=x", "--", "true", ":::", "a")))

    def test_a_pause_before_it_is_tried_again(self):
        self.exec(1, "--retries", "2", "--retry-delay", "300ms*2", "--", "sh", "-c", "[ {} = b ]", ":::", "a", "b")
        begun = [start for (start,) in self.query("select started from attempts where task = 0 order by attempt")]
        self.assertGreater(begun[1] - begun[0], 0.3)
        self.assertGreater(begun[2] - begun[1], 0.6)

    def test_other_codes_may_be_success(self):
        self.exec(1, "--success-codes", "0,3", "--", "sh", "-c", "exit {}", ":::", "0", "3", "4")
        self.assertEqual(self.query("select value from results order by task"), [(0,), (3,)])

    def test_it_ends_early(self):
        self.exec(1, "--halt", "now,fail=1", "--", "sh", "-c", "[ {} != 1 ] && sleep 30", ":::", "1-9", ranks=2)
        self.assertEqual(self.query("select value from failures"), [(1,)])
        self.run_dir = self.folder / "soon"
        self.exec(1, "--halt", "soon,fail=3", "--", "sh", "-c", "sleep 0.1; exit 1", ":::", "1-50", ranks=2)
        self.assertLess(self.query("select count(*) from failures")[0][0], 20)
        self.run_dir = self.folder / "success"
        start = time.monotonic()
        self.exec(0, "--halt", "now,success=1", "--", "sh", "-c", "[ {} = 2 ] || sleep 30", ":::", "1-9", ranks=2)
        self.assertLess(time.monotonic() - start, 20)
        self.assertEqual(self.query("select count(*) from failures"), [(0,)])

    def test_what_has_been_handed_out_ahead_is_not_begun_once_the_run_is_over(self):
        # After hundreds of short rows as many are handed out ahead as would take a quarter of a second.
        rows = ["0"] * 600 + ["slow"] * 60
        shell = r"""if [ {} = slow ]; then touch begun{#}; sleep 0.5; [ ! -e fails ]; fi"""
        serving = r"""while read -r line; do case $line in *slow*) touch begun$(date +%N)$$; sleep 0.5; [ -e fails ] &&
            echo '{"error": "fails"}' && continue;; esac; echo '{"ok": 1}'; done"""
        commands = {"command": ["--", "sh", "-c", shell], "persistent": ["--persistent", "--", "sh", "-c", serving]}
        ends = {"told": (75, []), "halt": (1, ["--halt", "soon,fail=1"]), "fails": (1, ["--max-fails", "0"])}
        for kind, command in commands.items():
            for how, (code, options) in ends.items():
                for ranks in (None, 2) if how == "told" else (2,):
                    with self.subTest(kind=kind, how=how, ranks=ranks):
                        self.end_early(how, code, [*options, "--workers-per-rank", "2", *command, ":::", *rows], ranks)

    def end_early(self, how, code, words, ranks):
        """A run of short rows and slow ones, of which those that run are ended well and no other is begun."""
        here = self.folder / f"early{time.monotonic_ns()}"
        here.mkdir()
        self.run_dir = here / "run"
        if how != "told":
            (here / "fails").touch()
        command = program.command(*self.words("--cwd", here, *words), ranks=ranks)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
            if how == "told":
                end = time.monotonic() + 60
                while not list(here.glob("begun*")) and time.monotonic() < end:
                    time.sleep(0.005)
                running.send_signal(signal.SIGUSR1)
            err = running.stderr.read().decode()
            self.assertEqual(running.wait(), code, err)
        begun = len(list(here.glob("begun*")))
        # Each of at most four workers may have begun another before it was known.
        self.assertLessEqual(begun, 12, err)
        attempts = self.query("select count(*), sum(outcome = 'ok') from attempts")[0]
        self.assertEqual(attempts[0], 600 + begun)
        self.assertEqual(attempts[1], 600 + (begun if how == "told" else 0))

    def test_a_log_in_parallels_columns(self):
        log = self.folder / "log"
        self.exec(1, "--joblog", log, "--retries", "1", "--", "sh", "-c", "printf 12345; exit {}", ":::", "0", "7", ranks=2)
        head, *lines = [line.split("\t") for line in log.read_text().splitlines()]
        self.assertEqual(head, ["Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command"])
        self.assertEqual(
            sorted((line[0], line[5], line[6], line[7], line[8]) for line in lines),
            [("1", "5", "0", "0", "sh -c 'printf 12345; exit 0'"), ("2", "5", "7", "0", "sh -c 'printf 12345; exit 7'")],
        )
        self.run_dir = self.folder / "none"
        self.assertIn("/no/folder/log", self.fail_with(2, *self.words("--joblog", "/no/folder/log", "--", "true", ":::", "a")))
        self.assertFalse(self.run_dir.exists())

    def test_rows_that_failed_are_an_input_again(self):
        rows = self.write("rows.csv", 'id,text\n1,"a, ""b"""\n2,x\n#3,"two\n# lines"\n')
        failed = self.folder / "failed.csv"
        self.exec(1, "--failures", failed, "--input", rows, "--", "sh", "-c", "echo no >&2; [ '{id}' = 2 ]")
        self.assertEqual(failed.read_text().count("\n# std::runtime_error: sh left with exit code 1: no\n"), 2)
        self.run_dir = self.folder / "again"
        self.assertEqual(
            self.exec(0, "--failures", failed, "--input", failed, "--", "printf", "%s|", "{id}", "{text}")[0], '1|a, "b"|#3|two\n# lines|'
        )
        self.assertEqual(failed.read_text().splitlines()[1:], ["id,text"])

    def test_commands_that_failed_are_commands_again(self):
        commands = self.write("todo.txt", 'true\nfalse a, b\necho "x" >&2; false #RANKPOOL --cpus 1\n')
        failed = self.folder / "again.csv"
        self.exec(1, "--failures", failed, "--commands", commands)
        self.run_dir = self.folder / "again"
        self.exec(1, "--failures", failed, "--commands", failed)
        again = self.query("select f.command, exit_code from failures f join attempts using (task) order by task")
        self.assertEqual([(row[0].split()[0], row[1]) for row in again], [("false", 1), ("echo", 1)])
        self.assertEqual(self.query("select count(*) from results"), [(0,)])
        self.run_dir = self.folder / "values"
        self.exec(1, "--failures", failed, "--", "false", "{}", ":::", "ls")
        self.run_dir = self.folder / "none"
        self.assertIn("its rows are no commands, but value", self.fail_with(2, *self.words("--commands", failed)))

    def test_odd_rows_that_failed_are_an_input_again(self):
        failed = self.folder / "failed.csv"
        for name, content in [("mark.csv", "#id,x\n1,2\n"), ("empty.csv", 'x\n1\n""\n'), ("semicolon.tsv", "a;b\n1;2\n")]:
            with self.subTest(name):
                rows = self.write(name, content)
                self.run_dir = self.folder / f"failed-{name}"
                self.exec(1, "--failures", failed, "--input", rows, "--", "false", "{1}")
                shown = []
                for file in rows, failed:
                    self.run_dir = self.folder / f"{file.name}-{name}"
                    shown.append(self.exec(0, "--input", file, "--", "sh", "-c", 'echo "<$1>"', "sh", "{1}")[0])
                self.assertEqual(*shown)

    def test_rows_that_failed_before_are_not_forgotten(self):
        rows = self.write("rows.csv", "x\n1\n2\n07\n")
        failed = self.folder / "failed.csv"
        words = ["--failures", failed, "--workers-per-rank", "1", "--input", rows, "--", "false", "{x}"]
        self.exec(1, *words)
        self.exec(1, "--resume", "--fail-fast", *words)
        reason = "# std::runtime_error: false left with exit code 1"
        self.assertEqual(failed.read_text().splitlines()[1:], ["x", reason, "1", reason, "2", reason, "07"])

    def test_a_stream_that_breaks_leaves_what_came_before(self):
        failed = self.folder / "failed.csv"
        words = self.words("--failures", failed, "--input", "-", "--", "sh", "-c", "echo {n}; [ {n} = 2 ]")
        done = program.run(*words, stdin=b"n,m\n1,x\n2,x\n3\n")
        self.assertEqual((done.returncode, done.stdout), (2, b"1\n2\n"), done.stderr)
        self.assertEqual(failed.read_text().splitlines()[1:], ["n,m", "# std::runtime_error: sh left with exit code 1: 1", "1,x"])


if __name__ == "__main__":
    program.main()
