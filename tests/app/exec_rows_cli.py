"""Where the rows of exec come from, and what is filled in."""

import gzip
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

SHOW = 'printf "[%s]" "$@"; echo'


class ExecRowsCli(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.run_dir = self.folder / "run"
        self.number = 0

    def exec(self, *words, ranks=None, **how):
        """What a new run prints."""
        self.number += 1
        self.run_dir = self.folder / f"run{self.number}"
        return self.succeed("exec", "--progress", "none", "--run-dir", self.run_dir, *words, ranks=ranks, **how)

    def refuse(self, *words, **how):
        """Why it is not begun."""
        run_dir = self.folder / "none"
        text = self.fail_with(2, "exec", "--progress", "none", "--run-dir", run_dir, *words, **how)
        self.assertFalse(run_dir.exists())
        return text

    def query(self, text):
        """Rows of the last run's database."""
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            return database.execute(text).fetchall()

    def test_options_can_be_written_down_with_the_rows(self):
        words = ["--strict", "--env", "A=1,2", "--env", "B=3", "--", "sh", "-c", "echo $A $B {}", ":::", "a b", "c"]
        config = self.write("exec.toml", self.succeed("exec", "--dump-config", *words))
        self.assertEqual(self.succeed("exec", "--config", config, "--run-dir", self.folder / "run"), "1,2 3 a b\n1,2 3 c\n")

    def test_resume_goes_on_with_the_newest_run_of_the_same_command(self):
        for words in (["false", "{}"], ["true", "{}"]):
            program.run("exec", "--", *words, ":::", "1", "2", cwd=self.folder)
        self.assertIn("2 failed", self.fail_with(1, "exec", "--resume", "--", "false", "{}", ":::", "1", "2", cwd=self.folder))
        self.assertIn("another run", self.fail_with(2, "exec", "--resume", "--", "test", "{}", ":::", "1", "2", cwd=self.folder))

    def test_alone_it_has_a_worker_for_each_core(self):
        cores = len(os.sched_getaffinity(0))
        done = program.run("exec", "--run-dir", self.folder / "all", "--", "true", ":::", "1")
        self.assertIn(f" {cores} worker", done.stderr.decode())
        done = program.run("exec", "--run-dir", self.folder / "one", "--", "true", ":::", "1", ranks=1)
        self.assertIn(" 1 worker", done.stderr.decode())

    def test_lists_after_the_command(self):
        for words, lines in [
            (["echo", "{}", ":::", "a", "b c", ""], ["a", "b c", ""]),
            (["echo", "x", ":::", "a", "b"], ["x a", "x b"]),
            (["echo", "{1}-{2}", ":::", "a", "b", ":::", "1", "2"], ["a-1", "a-2", "b-1", "b-2"]),
            (["echo", "{2}{1}", ":::", "a", "b", ":::+", "1", "2"], ["1a", "2b"]),
            (["sh", "-c", SHOW, "sh", "{}", ":::", "a", ":::", "b c"], ["[a][b c]"]),
            (["sh", "-c", SHOW, "sh", "<{}>", ":::", "a", ":::", "b c"], ["[<a b c>]"]),
            (["echo", "{:::}", "{#}", ":::", "-n", "--x"], ["::: 1", "::: 2"]),
            (["echo", "{}", ":::", "1-7:3", "2020-01", "5-4"], ["1", "4", "7", "2020-01", "5-4"]),
        ]:
            for ranks in None, 2:
                with self.subTest(words=words, ranks=ranks):
                    out = self.exec("--", *words, ranks=ranks)
                    self.assertEqual(out, "".join(f"{line}\n" for line in lines))

    def test_files_of_values_and_values_from_stdin(self):
        names = self.write("names.lst", "one\r\n\r\ntwo words\n")
        self.assertEqual(self.exec("--", "echo", "{}", "::::", names), "one\ntwo words\n")
        self.assertEqual(self.exec("--", "echo", "{2}{1}", "::::", names, "::::+", names), "oneone\ntwo wordstwo words\n")
        self.assertEqual(self.exec("--", "echo", "{}", "::::", "-", stdin=b"x\ny\n"), "x\ny\n")

    def test_files_by_their_names(self):
        for name, content in [
            ("a.csv", "x,y\n1,b c\n"),
            ("b.csv", 'x;y\n1;"b c"\n'),
            ("c.csv", "x\ty\n1\tb c\n"),
            ("d.tsv", "x\ty\n1\tb c\n"),
            ("e.jsonl", '{"y": "b c", "x": 1}\n\n'),
        ]:
            with self.subTest(name):
                self.assertEqual(self.exec("--input", self.write(name, content), "--", "echo", "{x}:{y}"), "1:b c\n")
        packed = self.folder / "f.txt.gz"
        packed.write_bytes(gzip.compress(b"b c\n"))
        self.assertEqual(self.exec("--input", packed, "--", "echo", "{}"), "b c\n")
        odd = self.write("g.dat", "x|y\n1|b c\n")
        self.assertEqual(self.exec("--input", odd, "--separator", "|", "--", "echo", "{x}:{y}"), "1:b c\n")
        self.assertEqual(self.exec("--input", "-", "--format", "jsonl", "--", "echo", "{x}", stdin=b'{"x": "p"}\n'), "p\n")

    def test_json_keeps_what_is_written(self):
        rows = self.write("rows.jsonl", '{"n": 1e5, "m": 0.10, "t": true, "z": null, "l": [1, {"a": "\\u00e9"}]}\n')
        self.assertEqual(self.exec("--input", rows, "--", "echo", "{n} {m} {t} <{z}> {l}"), '1e5 0.10 true <> [1,{"a":"é"}]\n')
        for line, why in [
            ('{"n": 1', "line 2: no JSON"),
            ("[1]", "line 2: no object"),
            ('{"m": 1}', "line 2: there is no 'n'"),
            ('{"n": 1, "o": 2}', "line 2: 'o', which the first line has not"),
        ]:
            self.assertIn(why, self.refuse("--input", self.write("bad.jsonl", f'{{"n": 1}}\n{line}\n'), "--", "echo", "{n}"))

    def test_json_keeps_numbers_that_no_double_has(self):
        long = "123456789012345678901234567890"
        line = f'{{"n": -0, "m": [{long}, -0, 1e5, {{"a": {{"b": 0.10}}, "c": "x\\n"}}, [], {{}}, null, true], "l": {long}, "o": {{}}}}'
        rows = self.write("rows.jsonl", line + "\r\n")
        want = f'-0 [{long},-0,1e5,{{"a":{{"b":0.10}},"c":"x\\n"}},[],{{}},null,true] {long} {{}}\n'
        self.assertEqual(self.exec("--input", rows, "--", "printf", "%s\\n", "{n} {m} {l} {o}"), want)
        asked = f'{{"task":0,"attempt":1,"input":{line[:-1]},"k":"1"}}}}\n'
        self.assertEqual(self.exec("--dry-run", "--persistent", "--input", rows, "--grid", "k=1", "--", "cat"), asked)
        asked = f'{{"task":0,"attempt":1,"input":{line}}}\n'
        self.assertEqual(self.exec("--dry-run", "--persistent", "--input", rows, "--", "cat"), asked)

    def test_several_files_come_one_after_the_other(self):
        one = self.write("one.csv", "x,y\n1,2\n")
        two = self.write("two.csv", "y,x\n4,3\n")
        self.assertEqual(self.exec("--input", one, "--input", two, "--", "echo", "{x}{y}", ":::", "a", "b"), "12\n12\n34\n34\n")
        three = self.write("three.csv", "x,z\n1,2\n")
        self.assertIn("its columns are x, z, not x, y", self.refuse("--input", one, "--input", three, "--", "echo", "{x}"))

    def test_all_files_are_looked_at_before_anything_runs(self):
        one = self.write("one.csv", "x,y\n1,2\n")
        gone = self.folder / "gone.csv"
        for first, how in (one, {}), ("-", {"stdin": b"x,y\n1,2\n"}):
            command = ["--", "echo", "{x:.1f}{y}"]
            self.assertIn(f"cannot open {gone} (No such file", self.refuse("--input", first, "--input", gone, *command, **how))
            for text, why in [
                ("x,z\n1,2\n", "its columns are x, z, not x, y"),
                ("x,y\n1,2\n3\n", "row 3 has 1 fields instead of 2"),
                ("y,x\n2,no\n", "row 2: cannot fill in {x:.1f}"),
            ]:
                bad = self.write("bad.csv", text)
                self.assertIn(why, self.refuse("--input", first, "--input", bad, *command, **how))
            two = self.write("two.csv", "y,x\n4,3\n")
            self.assertEqual(self.exec("--input", first, "--input", two, *command, ":::", "a", **how), "1.02\n3.04\n")

    def test_grids(self):
        out = self.exec("--grid", "a=0:1:0.1", "--grid", "m=p,q", "--", "echo", "{a}{m}")
        self.assertEqual(out.split(), [f"{i}{m}" for i in ["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"] for m in "pq"])
        self.assertEqual(self.exec("--grid", "v=log:1e-3:1e3:7", "--", "echo", "{v}").split(), ["0.001", "0.01", "0.1", "1", "10", "100", "1000"])
        self.assertEqual(self.exec("--grid", "id=1-10:3,x,3:1:-1", "--", "echo", "{id}").split(), ["1", "4", "7", "10", "x", "3", "2", "1"])
        for grid in "a=0:1:0", "a=0:1:-1", "a=log:0:1:3", "a=0:1e9:1e-9":
            self.assertIn("cannot take values from", self.refuse("--grid", grid, "--", "echo", "{a}"))

    def test_numbers_of_grids_are_kept(self):
        for grid, values in {
            "9007199254740993:9007199254740996": "9007199254740993 9007199254740994 9007199254740995 9007199254740996",
            "10000000000000000:10000000000000002": "10000000000000000 10000000000000001 10000000000000002",
            "9223372036854775806:9223372036854775807": "9223372036854775806 9223372036854775807",
            "-9223372036854775808:9223372036854775807:9223372036854775807": "-9223372036854775808 -1 9223372036854775806",
            "1:-9223372036854775808:-9223372036854775808": "1 -9223372036854775807",
            "7:7:-1": "7",
            "0:2e-5:1e-5": "0 0.00001 0.00002",
            "-1.5e-5:0:1.5e-5": "-0.000015 0",
            "log:1e-6:1e-4:3": "0.000001 0.00001 0.0001",
            "log:1e22:1e24:3": f"1{'0' * 22} 1{'0' * 23} 1{'0' * 24}",
            "log:1.25e20:1.25e21:2": f"125{'0' * 18} 125{'0' * 19}",
        }.items():
            with self.subTest(grid):
                self.assertEqual(self.exec("--grid", f"id={grid}", "--", "echo", "{id}"), values.replace(" ", "\n") + "\n")
        for grid in "1:9223372036854775807", "9223372036854775807:9223372036854775808", "9007199254740993.5:9007199254740995":
            self.assertIn("cannot take values from", self.refuse("--grid", f"id={grid}", "--", "echo", "{id}"))

    def test_files_like_a_pattern(self):
        for name in "b.txt", "a.txt", "a.dat", ".hidden.txt", "d/c.txt", "d/e/f.txt", ".git/g.txt":
            path = self.folder / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        data = self.folder / "data"
        self.assertEqual(self.exec("--files", f"{data}/*.txt", "--", "echo", "{/}").split(), ["a.txt", "b.txt"])
        self.assertEqual(self.exec("--files", f"{data}/**/*.txt", "--", "echo", "{/.}").split(), ["a", "b", "c", "f"])
        self.assertIn("there is none", self.refuse("--files", f"{data}/*.nothing", "--", "echo", "{}"))

    def test_commands_of_a_file(self):
        commands = self.write("commands", "# first\necho one; echo {x}\n\n  echo two # last\n")
        self.assertEqual(self.exec("--commands", commands, ranks=2), "one\n{x}\ntwo\n")
        self.assertEqual(self.query("select command from results"), [("echo one; echo {x}",), ("  echo two # last",)])
        self.assertIn("its lines are commands", self.refuse("--commands", commands, "--", "echo"))

    def test_parts_of_paths_and_formats(self):
        path = "/a.b/c.tar.gz"
        for word, text in [
            ("{.}", "/a.b/c.tar"),
            ("{/}", "c.tar.gz"),
            ("{//}", "/a.b"),
            ("{/.}", "c.tar"),
            ("{1/.}", "c.tar"),
            ("{value//}", "/a.b"),
            ("{value|stem|upper}", "C.TAR"),
            ("{value|ext}", "gz"),
        ]:
            self.assertEqual(self.exec("--", "echo", word, ":::", path), text + "\n", word)
        rows = self.write("rows.csv", "n,x,s\n7,0.5,ab\n")
        self.assertEqual(self.exec("--input", rows, "--", "echo", "{n:03d} {x:.3f} {n:.1e} {s:>4s} {#:02d}"), "007 0.500 7.0e+00   ab 01\n")
        self.assertIn("row 2: cannot fill in {s:.3f} ('ab' is no number)", self.refuse("--input", rows, "--", "echo", "{s:.3f}"))

    def test_other_braces_stay(self):
        rows = self.write("rows.csv", "alpha,n\n1,2\n")
        kept = ["{print $1}", '{"a":{"b":1}}', "${alpha}", "a{3}", "{", "}", "{}}"[:1], "{{ }}", "{x,y}", "{1..5}"]
        self.assertEqual(self.exec("--input", rows, "--", "sh", "-c", SHOW, "sh", *kept), "".join(f"[{word}]" for word in kept) + "\n")
        self.assertEqual(self.exec("--input", rows, "--", "echo", "{{alpha}}", '{"a":{alpha}}'), '{alpha} {"a":1}\n')
        self.assertIn("did you mean {alpha}?", self.refuse("--input", rows, "--", "echo", "{alpa}"))
        self.assertIn("there is no column 'other'", self.refuse("--input", rows, "--strict", "--", "echo", "{other}"))
        self.assertIn("Name one of alpha, n?", self.refuse("--input", rows, "--", "echo", "{}"))

    def test_values_are_never_shell_text(self):
        values = ["a b", "$(touch broken)", "`touch broken`", "'; touch broken; '", '"; touch broken; "', "\\", "a\nb", "*", "-n", "", "~", "#x"]
        script = 'printf "%s|" {} "<{}>" \'<{}>\' "$(printf %s {})" x{}y # {}'
        out = self.exec("--shell", "--", script, ":::", *values, cwd=self.folder)
        self.assertEqual(out, "".join(f"{v}|<{v}>|<{v}>|{v.rstrip()}|x{v}y|" for v in values))
        self.assertFalse((self.folder / "broken").exists())
        self.assertEqual(self.exec("--shell=bash", "--", "echo", "$(( {} * 2 ))", "${BASH_VERSION:+bash}", ":::", "21"), "42 bash\n")
        for script in ["echo `echo {}`", "echo \\{}", "cat <<E\n{}\nE", "echo $'{}'"]:
            self.assertIn("cannot quote a value for the shell", self.refuse("--shell", "--", script, ":::", "a"))

    def test_what_a_command_finds(self):
        rows = self.write("rows.csv", "id,task-name,task_id\n7,a b,9\n")
        script = 'echo "$RANKPOOL_TASK_ID $RANKPOOL_ATTEMPT $RANKPOOL_SLOT $RANKPOOL_ID $RANKPOOL_TASK_NAME $RANKPOOL_COLUMN_TASK_ID $V $HOME"; cat'
        out = self.exec(
            "--input",
            rows,
            "--env",
            "V=<{id}>",
            "--env",
            "HOME=/none",
            "--stdin-column",
            "task-name",
            "--workers-per-rank",
            "1",
            "--",
            "sh",
            "-c",
            script,
        )
        self.assertEqual(out, "0 1 1 7 a b 9 <7> /none\na b")
        self.write("7.in", "from a file\n")
        out = self.exec(
            "--input", rows, "--cwd", self.folder, "--stdin", f"{self.folder}/{{id}}.in", "--", "sh", "-c", 'pwd; cat; echo "$RANKPOOL_RUN_DIR"'
        )
        self.assertEqual(out, f"{self.folder}\nfrom a file\n{self.run_dir}\n")
        done = program.run("exec", "--run-dir", self.folder / "x", "--input", rows, "--cwd", "/no/folder", "--", "true")
        self.assertEqual(done.returncode, 1)
        with sqlite3.connect(self.folder / "x" / "results.sqlite") as database:
            self.assertIn("cannot start true in /no/folder (No such file", database.execute("select error from failures").fetchone()[0])

    def test_a_folder_for_each_task(self):
        place = self.folder / "out"
        words = [
            "exec",
            "--run-dir",
            self.folder / "run",
            "--task-dir",
            f"{place}/{{}}",
            "--",
            "sh",
            "-c",
            'echo {} > f; test -e f; echo "$RANKPOOL_TASK_DIR"; [ {} != b ]',
            ":::",
            "a",
            "b",
        ]
        done = program.run(*words, ranks=2)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(sorted(path.name for path in place.iterdir()), ["a", "b.task-1-1"])
        self.assertEqual((place / "a" / "f").read_text(), "a\n")
        self.assertEqual((place / "b.task-1-1" / "f").read_text(), "b\n")
        self.assertIn(f"{place}/a.task-0-1", done.stdout.decode())

    def test_columns_get_the_type_that_all_their_values_have(self):
        rows = self.write("rows.csv", "n,x,zip,e,long,mixed\n5,0.5,01234,1e5,123456789012345678901,7\n12,-3,99999,2e5,1,x\n")
        self.exec("--input", rows, "--", "true")
        self.assertEqual(self.query("select n, x, zip, e, long, mixed from results where n > 7"), [(12, -3, "99999", "2e5", "1", "x")])
        self.assertEqual(
            self.query("select n, x, zip, e, long, mixed from results where n < 7"), [(5, 0.5, "01234", "1e5", "123456789012345678901", "7")]
        )
        # What comes later may be otherwise.
        with rows.open("a") as more:
            more.write("007,1,1,1,1,1\n")
        self.succeed("exec", "--run-dir", self.run_dir, "--resume", "--input", rows, "--", "true")
        self.assertEqual(self.query("select n from results order by task"), [(5,), (12,), ("007",)])

    def test_a_dry_run_shows_the_commands(self):
        out = self.exec("--dry-run", "--", "echo", "{}", "x", ":::", "a b", "c")
        self.assertEqual(out, "echo 'a b' x\necho c x\n")

    def test_the_number_of_rows_is_known(self):
        rows = self.write("rows.csv", "n\n" + "1\n" * 40)
        done = program.run("exec", "--run-dir", self.folder / "r", "--progress", "plain", "--input", rows, "--", "true")
        self.assertIn(b"40 ok, 0 failed, 0 lost of 40 ", done.stderr)

    def test_the_place_of_a_row_counts_only_where_it_is_used(self):
        for word, again in [("{n}", 1), ("{n}{#}", 3)]:
            rows = self.write("rows.csv", "n\n1\n2\n")
            log = self.folder / f"log{again}"
            words = ["--input", rows, "--", "sh", "-c", f"echo {word} >> {log}"]
            self.exec(*words)
            self.write("rows.csv", "n\n0\n1\n2\n")
            self.succeed("exec", "--run-dir", self.run_dir, "--resume", *words)
            self.assertEqual(len(log.read_text().split()), 2 + again)


if __name__ == "__main__":
    program.main()
