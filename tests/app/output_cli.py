"""What becomes of a run and of its exit code where stdout or stderr cannot be written, or is not read."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

# How stdout or stderr can be: as the shell opens it, and what is said of it.
UNWRITABLE = {"> /dev/full": "No space left on device", ">&-": "Bad file descriptor", "< /dev/null": "Bad file descriptor"}
QUIET = ["--progress", "none"]


class OutputCli(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.one = self.write("one.csv", "x\n1\n")
        self.fasta = self.write("two.fasta", ">a\nACDEFGHIKL\n>b\nACDEFGHIKM\n")
        self.video = self.write("video.y4m", b"YUV4MPEG2 W2 H2 F25:1 Cmono\n" + b"FRAME\nabcd" * 3)
        self.run_dir = self.folder / "run"
        self.runs = 0

    def shell(self, words, redirection, timeout=60):
        """Runs the program as the shell does with such a redirection."""
        quoted = " ".join("'" + str(word).replace("'", "'\\''") + "'" for word in [program.PROGRAM, *words])
        command = ["bash", "-c", f"exec {quoted} {redirection}"]
        return subprocess.run(command, capture_output=True, timeout=timeout, cwd=self.folder, stdin=subprocess.DEVNULL)

    def without_reader(self, words, stream="stdout"):
        """Runs the program with a pipe that nobody reads any more."""
        reader, writer = os.pipe()
        os.close(reader)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writer}
        # A shell has SIGPIPE end its programs; Python does not.
        done = subprocess.run(
            list(map(str, [program.PROGRAM, *words])), timeout=60, cwd=self.folder, stdin=subprocess.DEVNULL, restore_signals=True, **pipes
        )
        os.close(writer)
        return done

    def new_run(self, *words):
        """The words of a run with a folder of its own."""
        self.runs += 1
        self.run_dir = self.folder / f"run{self.runs}"
        start = 2 if words[0] == "run" else 1
        quiet = [] if "--progress" in words else QUIET
        return [*words[:start], "--run-dir", self.run_dir, *quiet, *words[start:]]

    def recorded(self):
        """Words of runs that keep results and print something."""
        return [
            ["exec", "--input", self.one, "--", "echo", "hello"],
            ["exec", "--input", self.one, "--", "sh", "-c", "seq 100000"],
            ["run", "pi", "--samples", "1000"],
            ["run", "sweep", "--rho", "28", "--time", "1"],
            ["run", "align", "--input", self.fasta],
            ["run", "align", "--input", self.fasta, "--output", "-"],
        ]

    def others(self):
        """Words of what only prints."""
        self.succeed("exec", "--run-dir", self.folder / "done", *QUIET, "--input", self.one, "--", "echo", "hello")
        done = self.folder / "done"
        return [
            ["list"],
            ["--help"],
            ["--help-all"],
            ["--version"],
            ["run", "pi", "--help"],
            ["run", "pi", "--dump-config"],
            ["run", "first_pool"],
            ["run", "first_queue"],
            ["run", "pi", "--dry-run", *QUIET],
            ["status", done],
            ["status", done, "--output-mode", "json"],
            ["export", done],
            ["export", done, "--format", "jsonl"],
            ["report", done],
            ["submit", "--dry-run", "--", "run", "pi"],
            ["check"],
            ["run", "frames", "--input", self.video, *QUIET],
            ["run", "first_pool"],
        ]

    def check_stored(self, code):
        """The run has ended well but for its exit code."""
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            self.assertEqual(database.execute("select exit_code from sessions").fetchall(), [(code,)])
            self.assertGreater(database.execute("select count(*) from results").fetchone()[0], 0)
            self.assertEqual(database.execute("select count(*) from failures").fetchone()[0], 0)
        database.close()
        self.assertIn("</html>", (self.run_dir / "report.html").read_text())

    def test_a_run_whose_results_cannot_be_printed(self):
        for redirection, why in UNWRITABLE.items():
            for words in self.recorded():
                with self.subTest(words, redirection=redirection):
                    done = self.shell(self.new_run(*words), "1" + redirection)
                    err = done.stderr.decode()
                    self.assertEqual(done.returncode, 74, err)
                    self.assertIn(f"rankpool: cannot write results to stdout ({why}). They are stored in ", err)
                    self.assertIn(f"rankpool export {self.run_dir}?", err)
                    self.check_stored(74)

    def test_neither_stdout_nor_the_store_takes_more(self):
        script = 'head -c 400000 /dev/zero | tr "\\0" x; : {}'
        words = self.new_run("exec", "--", "sh", "-c", script, ":::", *range(100))
        quoted = " ".join("'" + str(word) + "'" for word in [program.PROGRAM, *words])
        limited = f"ulimit -f 16384; exec {quoted} > /dev/full"  # KiB: more than Open MPI's shared memory
        done = subprocess.run(["bash", "-c", limited], capture_output=True, timeout=60, cwd=self.folder, stdin=subprocess.DEVNULL)
        err = done.stderr.decode()
        self.assertEqual(done.returncode, 75, err)
        self.assertIn("rankpool: cannot store any more in ", err)
        self.assertIn("rankpool: cannot write results to stdout (No space left on device), and not all results are stored\n", err)
        self.assertNotIn("They are stored", err)

    def test_all_else_that_cannot_be_printed(self):
        commands = self.others()
        for redirection, why in UNWRITABLE.items():
            for words in commands:
                with self.subTest(words, redirection=redirection):
                    done = self.shell(words, "1" + redirection)
                    err = done.stderr.decode()
                    self.assertEqual(done.returncode, 74, err)
                    self.assertEqual(err.splitlines()[-1], f"rankpool: cannot write results to stdout ({why}). Is there room for it?")

    def test_every_errno_of_a_write(self):
        out = self.write("out", "")
        for words in self.new_run("exec", "--input", self.one, "--", "echo", "hello"), ["list"]:
            for error in "EIO", "EDQUOT", "EFBIG", "ENOSPC", "EROFS", "ESTALE":
                with self.subTest(words, error=error):
                    if words[0] == "exec":
                        words = self.new_run("exec", "--input", self.one, "--", "echo", "hello")
                    inject = ["-e", "trace=write", "-e", f"inject=write:error={error}"]
                    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", out, *inject]
                    with out.open("wb") as stdout:
                        done = subprocess.run([*trace, program.PROGRAM, *map(str, words)], stdout=stdout, stderr=subprocess.PIPE, cwd=self.folder)
                    err = done.stderr.decode()
                    self.assertEqual(done.returncode, 74, err)
                    self.assertIn(f"cannot write results to stdout ({os.strerror(getattr(__import__('errno'), error))})", err)
                    if words[0] == "exec":
                        self.check_stored(74)

    def test_a_file_that_may_not_grow(self):
        self.succeed(*self.new_run("exec", "--input", self.one, "--", "sh", "-c", "seq 10000"))
        limited = ["bash", "-c", 'ulimit -f 1; exec "$0" "$@" > out', program.PROGRAM]
        done = subprocess.run([*limited, "export", str(self.run_dir)], capture_output=True, cwd=self.folder)
        self.assertEqual(done.returncode, 74, done.stderr.decode())
        self.assertIn("(File too large)", done.stderr.decode())

    def test_what_processes_cannot_print_is_told(self):
        for redirection, why in UNWRITABLE.items():
            with self.subTest(redirection=redirection):
                done = self.shell(["run", "heavy_math"], f"1{redirection}")
                self.assertEqual(done.returncode, 74, done.stderr)
                self.assertEqual(done.stderr.decode().count(f"rankpool: cannot print ({why}). Is there room for it?\n"), 2)
        done = self.without_reader(["run", "heavy_math"])
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_a_reader_that_left_is_no_failure(self):
        for words in self.recorded():
            with self.subTest(words):
                done = self.without_reader(self.new_run(*words))
                self.assertEqual(done.returncode, 0, done.stderr.decode())
                self.assertNotIn("stdout", done.stderr.decode())
                self.check_stored(0)
        for words in self.others():
            with self.subTest(words):
                done = self.without_reader(words)
                self.assertEqual(done.returncode, 0, done.stderr.decode())
                self.assertNotIn("stdout", done.stderr.decode())

    def test_a_failure_stays_one_when_the_reader_left(self):
        done = self.without_reader(self.new_run("exec", "--input", self.one, "--", "false"))
        self.assertEqual(done.returncode, 1)

    def test_where_nothing_is_printed_nothing_is_missing(self):
        for redirection in UNWRITABLE:
            done = self.shell(self.new_run("exec", "--input", self.one, "--", "true"), "1" + redirection)
            self.assertEqual(done.returncode, 0, done.stderr.decode())

    def test_a_stderr_that_cannot_be_written_changes_nothing(self):
        want = self.succeed("exec", "--run-dir", self.folder / "usual", "--input", self.one, "--", "echo", "hello")
        for redirection in UNWRITABLE:
            with self.subTest(redirection):
                words = self.new_run("exec", "--progress", "bar", "--input", self.one, "--", "echo", "hello")
                done = self.shell(words, "2" + redirection)
                self.assertEqual((done.returncode, done.stdout.decode()), (0, want))
                self.check_stored(0)
                self.assertEqual(self.shell(["run", "nothing"], "2" + redirection).returncode, 2)
                both = self.shell(self.new_run("run", "pi", "--samples", "1000"), f">&- 2{redirection}")
                self.assertEqual(both.returncode, 74)
                self.check_stored(74)
        done = self.without_reader(self.new_run("exec", "--progress", "bar", "--input", self.one, "--", "echo", "hello"), "stderr")
        self.assertEqual((done.returncode, done.stdout.decode()), (0, want))
        self.check_stored(0)

    def test_commands_have_the_usual_signals(self):
        for words in ["sh", "-c", "yes | head -n 1"], ["sh", "-c", "grep -E 'Sig(Ign|Blk)' /proc/self/status"]:
            out = self.succeed(*self.new_run("exec", "--input", self.one, "--", *words))
        ignored = {line.split()[0]: int(line.split()[1], 16) for line in out.splitlines()}
        self.assertEqual(ignored["SigIgn:"] & 1 << signal.SIGPIPE - 1, 0)
        self.assertEqual(ignored["SigBlk:"] & 1 << signal.SIGPIPE - 1, 0)

    def start_unheard(self, *words):
        """A run whose stderr is a full pipe that nobody reads."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 4096)
        except BlockingIOError:
            pass
        os.set_blocking(writer, True)
        started = subprocess.Popen(list(map(str, [program.PROGRAM, *words])), stdout=subprocess.PIPE, stderr=writer, cwd=self.folder)
        os.close(writer)
        self.addCleanup(started.kill)
        return started

    def test_a_stderr_that_nobody_reads_holds_up_nothing(self):
        for style in "bar", "plain":
            words = self.new_run("exec", "--input", self.one, "--", "echo", "hello")
            words[words.index("none")] = style
            started = self.start_unheard(*words)
            out, _ = started.communicate(timeout=20)
            self.assertEqual((started.returncode, out), (0, b"hello\n"))
            self.check_stored(0)

    def test_signals_are_heard_where_words_are_not(self):
        rows = self.write("rows.csv", "x\n" + "".join(f"{i}\n" for i in range(1000)))
        words = self.new_run("exec", "--input", rows, "--", "sleep", "0.05")
        words[words.index("none")] = "bar"
        started = self.start_unheard(*words)
        journal = self.run_dir / "status.json"
        end = time.monotonic() + 20
        while time.monotonic() < end and not (journal.exists() and '"ok": 2' in journal.read_text()):
            time.sleep(0.05)
        at = time.monotonic()
        started.send_signal(signal.SIGTERM)
        started.wait(timeout=20)
        self.assertLess(time.monotonic() - at, 2)
        self.assertEqual(started.returncode, 75)
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            self.assertGreater(database.execute("select count(*) from results").fetchone()[0], 10)
        database.close()


if __name__ == "__main__":
    program.main()
