"""Folders of runs, and what looks at them: which one is taken, `export` gives back what went in, nothing ends badly."""

import csv
import io
import json
import os
import resource
import signal
import subprocess
import unittest

import runs

program = runs.program


class LookingCli(runs.RunsTest):
    def rows(self, values, name="rows.csv"):
        """A table of one column."""
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["x"], *[[value] for value in values]])
        return self.write(name, text.getvalue().encode("latin-1"))

    def exec_true(self, table, *words, **how):
        """Runs `true` for each row."""
        return program.run("exec", "--progress", "none", "--input", table, *words, "--", "true", cwd=self.folder, **how)

    def told(self, *words):
        """The one line on stderr of a command that is refused with 2."""
        text = self.fail_with(2, *words, cwd=self.folder)
        self.assertEqual(text.count("\n"), 1, text)
        return text

    def test_export_gives_back_every_byte(self):
        letters = [chr(i) for i in range(1, 256)]
        values = [form.format(c) for c in letters for form in ("{}", "a{}b", " {} ")]
        values += ['""', '"', ",", "\r\n", "a\nb", "'", "=1+1", "-5", "null", "\t"]
        done = self.exec_true(self.rows(values), "--run-dir", self.run_dir)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = program.run("export", self.run_dir).stdout
        got = list(csv.reader(io.StringIO(out.decode("latin-1"), newline="")))
        place = got[0].index("x")
        self.assertEqual([row[place] for row in got[1:]], values)
        lines = program.run("export", self.run_dir, "--format", "jsonl").stdout.decode().splitlines()
        self.assertEqual(len([json.loads(line) for line in lines]), len(values))
        safe = program.run("export", self.run_dir, "--csv-safe").stdout.decode("latin-1")
        for row, value in zip(list(csv.reader(io.StringIO(safe, newline="")))[1:], values):
            self.assertEqual(row[place], "'" + value if value[0] in "=+-@\t\r" else value)

    def test_a_file_that_cannot_be_exported_stays(self):
        self.squares("--count", "3000")
        old = self.write("old.csv", "old")

        def small():
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

        done = subprocess.run(program.command("export", self.run_dir, "--output", old), capture_output=True, preexec_fn=small, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"File too large", done.stderr)
        self.assertEqual(old.read_text(), "old")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["old.csv", "run"])
        (self.folder / "link").symlink_to(self.run_dir / "results.sqlite")
        before = (self.run_dir / "results.sqlite").read_bytes()
        for name in ("run/results.sqlite", "run/results.sqlite-wal", "run/../run/status.json", "link"):
            self.assertIn("a file of the run itself", self.told("export", self.run_dir, "--output", name))
        self.assertEqual((self.run_dir / "results.sqlite").read_bytes(), before)
        self.succeed("export", self.run_dir, "--output", old)
        self.assertEqual(old.read_text().count("\n"), 3001)

    def test_the_newest_run_whatever_its_name(self):
        table = self.rows(["1"])
        for zone in ("Asia/Tokyo", "UTC", "America/Los_Angeles"):
            self.assertEqual(self.exec_true(table, env={"TZ": zone}).returncode, 0)
        self.assertEqual(self.exec_true(table, "--run-dir", "runs/exec-trial").returncode, 0)
        # Left by a start that came to nothing.
        (self.folder / "runs" / "exec-zero").mkdir()
        (self.folder / "runs" / "exec-zero" / "results.sqlite").touch()
        last = self.exec_true(table, env={"TZ": "America/Los_Angeles"}).stderr.decode()
        where = last.split("efficiency")[1].split(", ")[1].split()[0]
        out = self.exec_true(table, "--resume", "--dry-run").stderr.decode()
        self.assertTrue(out.endswith(f"run directory {where}\n"), f"{where}: {out}")

    def test_the_command_can_be_typed_again(self):
        table = self.rows(["1"])
        words = ["true", "a b", "it's", "", "$(id)", "`id`", "x\ny", "\\", "*", "~", "{x}", "\u00fc", b"\xfc", "#", "\x1b"]
        done = subprocess.run(
            [program.PROGRAM, "exec", "--progress", "none", "--run-dir", self.run_dir, "--input", table, "--", *words],
            capture_output=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        [(command,)] = self.query("select cast(command as blob) from sessions")
        typed = b"printf '%s\\0' " + command.split(b" ", 1)[1]
        out = subprocess.run(["bash", "-c", typed], capture_output=True, check=True).stdout.split(b"\0")[:-1]
        self.assertEqual(out[out.index(b"--") + 1 :], [os.fsencode(word) for word in words])

    def test_runs_that_start_together(self):
        table = self.rows(["1"])
        words = program.command("exec", "--progress", "none", "--input", table, "--", "true")
        started = [subprocess.Popen(words, cwd=self.folder, stderr=subprocess.PIPE) for _ in range(12)]
        for job in started:
            text = job.communicate(timeout=60)[1]
            self.assertEqual(job.returncode, 0, text)
        self.assertEqual(len([p for p in (self.folder / "runs").iterdir() if not p.is_symlink()]), 12)

    def test_a_run_that_cannot_begin_leaves_no_folder(self):
        self.write("runs", "")
        done = self.exec_true(self.rows(["1"]))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"Not a directory", done.stderr)
        os.remove(self.folder / "runs")
        done = self.exec_true(self.rows(["1"]), "--run-dir", "x" * 256)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"File name too long", done.stderr)

    def test_what_cannot_be_looked_at_is_told(self):
        (self.folder / "pipe").mkdir()
        os.mkfifo(self.folder / "pipe" / "results.sqlite")
        (self.folder / "folder" / "results.sqlite").mkdir(parents=True)
        (self.folder / "loop").symlink_to("loop")
        for command in ("status", "export", "report"):
            for name, why in [("x" * 300, "File name too long"), ("loop", "Too many levels"), ("none", ""), ("pipe", ""), ("folder", "")]:
                with self.subTest([command, name[:10]]):
                    self.assertIn(why, self.told(command, name))

    @unittest.skipIf(os.geteuid() != 0, "only root can be somebody else")
    def test_a_colleague_who_may_only_read(self):
        self.squares("--count", "3")
        desk = self.folder / "desk"
        desk.mkdir()
        os.chown(desk, 65534, 65534)
        self.folder.chmod(0o755)

        def look(*words):
            words = [program.PROGRAM, *words]
            return subprocess.run(words, cwd=desk, capture_output=True, text=True, check=False, user=65534, group=65534, extra_groups=[])

        try:
            look("list")
        except PermissionError:
            self.skipTest("the program is in a folder of somebody")
        before = sorted(os.listdir(self.run_dir))
        for command, told in [("status", "3 ok"), ("export", "task,"), ("report", "run.report.html\n")]:
            done = look(command, "../run")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(told, done.stdout)
        self.assertIn("</html>", (desk / "run.report.html").read_text())
        self.assertEqual(sorted(os.listdir(self.run_dir)), before)

    def test_a_status_file_of_somebody(self):
        self.squares("--count", "3")
        path = self.run_dir / "status.json"
        deep = '{"a":' + "[" * 1_000_000 + "]" * 1_000_000 + "}"
        for text in (b"", b"[]", deep.encode(), b'{"state":5,"pool_workers":"x"}', b'{"seconds":1e300,"pool_workers":2,"job":"\x1b[2J"}'):
            path.write_bytes(text)
            out = self.succeed("status", self.run_dir)
            self.assertIn("3 ok, 0 failed", out)
            self.assertNotIn("\x1b", out)
            json.loads(self.succeed("status", self.run_dir, "--output-mode", "json"))
        path.unlink()
        os.mkfifo(path)
        self.assertIn("3 ok", self.succeed("status", self.run_dir))

    def test_the_report_is_bounded_utf8_without_anything_from_outside(self):
        self.squares("--count", "3")
        page = (self.run_dir / "report.html").read_text(encoding="utf-8")
        self.assertIn("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">", page)
        precious = self.write("precious", "mine")
        for name in ("report.html", "report.html.new"):
            (self.run_dir / name).unlink(missing_ok=True)
            (self.run_dir / name).symlink_to(precious)
        self.succeed("report", self.run_dir)
        self.assertEqual(precious.read_text(), "mine")
        self.succeed("report", self.run_dir, "--output", self.folder / "other.html")
        self.assertIn("</html>", (self.folder / "other.html").read_text())


if __name__ == "__main__":
    runs.main()
