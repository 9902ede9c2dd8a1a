"""Options as a file: what --dump-config prints, --config takes; what is no such file, and what is no such option."""

import os
import sys
import tomllib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

# Every byte that a word can have, within UTF-8 and outside of it, and words that TOML or the parser could take for more.
BYTES = [bytes([byte]) for byte in range(1, 256)]
WORDS = [
    b"", b" ", b"-", b"--", b"-x", b"--retries=3", b"%%", b"{}", b"[]", b"[a,b]", b"a,b", b"\"", b"'", b"\"\"\"", b"\\", b"\\u0041", b"#", b"=",
    b"true", b"1e9", b"x\ny", b"\r\n", "M\u00fcller \u2028\U0001f600".encode(), "M\u00fcller".encode("latin1"), b"{ hex = \"41\" }", b"".join(BYTES),
]  # fmt: skip


class ConfigCli(program.ProgramTest):
    def dump(self, *words):
        """What --dump-config prints, as bytes."""
        done = program.run(*words, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, b"")
        return done.stdout

    def test_what_is_printed_is_taken_by_every_job(self):
        jobs = [line.split()[0] for line in self.succeed("list").splitlines()]
        for words in [*(["run", name] for name in jobs), ["check"], ["overhead"], ["exec", "--input", "a.csv", "--", "echo", "{x}"]]:
            with self.subTest(words):
                border = words.index("--") if "--" in words else len(words)
                text = self.dump(*words[:border], "--dump-config", *words[border:])
                tomllib.loads(text.decode())
                config = self.write("options.toml", text)
                start = words[:2] if words[0] == "run" else words[:1]
                self.assertEqual(self.dump(*start, "--config", config, "--dump-config"), text)

    def test_values_of_jobs(self):
        for words in [
            ["run", "mandelbrot", "--center=-0.5,0.25", "--width", "7", "--output", 'a "b".png'],
            ["run", "knn", "--k", "1,3", "--metric", "manhattan"],
            ["run", "sweep", "--rho", "0:1:0.5", "--retries", "3", "--no-retry-failed", "--shuffle", "--fail-fast"],
            ["run", "pi", "--samples", "1e9", "--timeout", "1:30:00", "--memory-limit", "4g", "--max-fails", "5%"],
        ]:
            with self.subTest(words):
                text = self.dump(*words, "--dump-config")
                config = self.write("options.toml", text)
                self.assertEqual(self.dump(*words[:2], "--config", config, "--dump-config"), text)
                self.assertNotEqual(self.dump(*words[:2], "--dump-config"), text)

    def test_commands_of_all_bytes(self):
        for command in [[b"printf", *WORDS, *BYTES], *([word] for word in WORDS if word)]:
            text = self.dump("exec", "--input", "a.csv", "--dump-config", "--", *command)
            config = self.write("options.toml", text)
            self.assertEqual(self.dump("exec", "--config", config, "--dump-config"), text)
            values = tomllib.loads(text.decode())["command"]
            self.assertEqual([bytes.fromhex(value["hex"]) if isinstance(value, dict) else value.encode() for value in values], command)

    def test_options_of_all_bytes(self):
        for word in [*filter(None, WORDS), *BYTES]:
            text = self.dump("exec", b"--input=" + word, "--dump-config", "--", "true")
            config = self.write("options.toml", text)
            self.assertEqual(self.dump("exec", "--config", config, "--dump-config"), text)
            value = tomllib.loads(text.decode())["input"]
            self.assertEqual(bytes.fromhex(value["hex"]) if isinstance(value, dict) else value.encode(), word)

    def test_a_command_from_a_file_is_run(self):
        rows = self.write("rows.csv", "x\n1\n2\n")
        command = ["sh", "-c", "printf '%s|' \"$@\"\n", "sh", "{x}", "", "--retries", "a b\n"]
        config = self.write("options.toml", self.dump("exec", "--input", rows, "--progress", "none", "--dump-config", "--", *command))
        want = "1||--retries|a b\n|2||--retries|a b\n|"
        self.assertEqual(self.succeed("exec", "--config", config, cwd=self.folder), want)
        # What is typed counts more.
        self.assertEqual(self.succeed("exec", "--config", config, "--", "echo", "{x}", cwd=self.folder), "1\n2\n")

    def test_values_as_people_write_them(self):
        config = self.write("options.toml", "\ufeff# mine\nsamples = 1e9\nretries = 3\nshuffle = true\n'timeout' = \"90s\"\n")
        values = tomllib.loads(self.dump("run", "pi", "--config", config, "--dump-config").decode())
        self.assertEqual([values[name] for name in ("samples", "retries", "shuffle", "timeout")], ["1000000000", "3", "true", "90s"])

    def test_an_empty_value_takes_no_other_word(self):
        lines = 'progress = "none"\nlists = [":::", "a", "", "b", "[x,y]"]\ncwd = ""\nshell = ""\ncommand = ["echo", "v=[{}]"]\n'
        config = self.write("options.toml", lines)
        want = "v=[a]\nv=[]\nv=[b]\nv=[[x,y]]\n"
        self.assertEqual(self.succeed("exec", "--config", config, cwd=self.folder), want)
        words = ["--progress", "none", "--run-dir=", "--joblog=", "--shuffle", "--", "echo", "{}", ":::", "1"]
        self.assertEqual(self.succeed("exec", *words, cwd=self.folder), "1\n")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["options.toml", "runs"])
        for words in ["exec", "--retries=", "--shuffle", "--", "true", ":::", "1"], ["run", "pi", "--samples=", "--shuffle"], ["run", "knn", "--k="]:
            self.assertNotIn("--shuffle", self.fail_with(2, *words, cwd=self.folder))

    def test_what_is_no_file_of_options(self):
        self.write("rows.csv", "x,y\n1,2\n")
        self.write("noise", os.urandom(5000))
        self.write("latin1.toml", b'output = "M\xfcller"\n')
        self.write("zero.toml", b"[" + bytes(38) + b"0")
        self.write("section.toml", "[run]\nretries = 3\n")
        self.write("deep.toml", "retries = " + "[" * 5000 + "]" * 5000)
        self.write("twice.toml", "retries = 3\nretries = 4\n")
        self.write("date.toml", "timeout = 1979-05-27\n")
        self.write("nul.toml", 'output = "a\\u0000b"\n')
        self.write("unknown.toml", "retry = 3\n")
        (self.folder / "locked.toml").symlink_to("locked.toml")
        for name, why in {
            "/": "it is a folder",
            ".": "it is a folder",
            "gone.toml": "No such file or directory",
            "": "without a name",
            "x" * 300: "File name too long",
            "locked.toml": "Too many levels of symbolic links",
            "rows.csv": "as TOML",
            "noise": "as TOML",
            "latin1.toml": "as TOML",
            "zero.toml": "",
            "section.toml": "run is no value",
            "deep.toml": "as TOML",
            "twice.toml": "as TOML",
            "date.toml": "timeout is no value",
            "nul.toml": "output is no value",
            "/dev/zero": "larger than 4 MiB",
            "/proc/self/mem": "Input/output error",
            "unknown.toml": "there is no option --retry; did you mean --retries?",
        }.items():
            for form in ["--config", name], [f"--config={name}"]:
                with self.subTest(form):
                    text = self.fail_with(2, "run", "sweep", *form, cwd=self.folder)
                    self.assertIn(why, text)
                    self.assertTrue(text.startswith("rankpool: cannot "), text)
                    self.assertEqual(text.count("\n"), 1)
        text = self.fail_with(2, "run", "sweep", "--config", "a", "--config=b", cwd=self.folder)
        self.assertIn("--config is given twice", text)
        self.assertFalse((self.folder / "runs").exists())

    def test_options_that_are_not_there_are_named_with_the_nearest(self):
        rows = self.write("rows.csv", "x\n1\n")
        for words, want in {
            ("exec", "--input", rows, "--retry", "2", "--", "true"): "no option --retry; did you mean --retries?",
            ("exec", "--inptu", rows, "--", "true"): "no option --inptu; did you mean --input?",
            ("run", "pi", "--sample=10"): "no option --sample; did you mean --samples?",
            ("run", "pi", "--completely-different"): "no option --completely-different)",
            ("exec", "--input", rows, "2", "--", "true"): "('2' before --, after which the command comes)",
            ("status", "--output-mod", "json", "runs/latest"): "did you mean --output-mode?",
        }.items():
            with self.subTest(words):
                text = self.fail_with(2, *words, cwd=self.folder)
                self.assertIn(want, text)
                self.assertRegex(text, "^rankpool: cannot .* See rankpool .*--help\n$")
        self.assertFalse((self.folder / "runs").exists())

    def test_names_that_no_file_can_have(self):
        for name in "x" * 256, "x/" * 3000, "rows.csv/x":
            self.write("rows.csv", "x\n1\n")
            for words in [
                ["run", "pi", "--samples", "1e5", "--run-dir", name],
                ["run", "pi", "--samples", "1e5", "--run-dir", name, "--resume"],
                ["status", name],
                ["export", name],
                ["report", name],
                ["submit", "--dry-run", "--", "run", "pi", "--resume", "--run-dir", name],
            ]:
                with self.subTest(words=words[:2], name=name[:9]):
                    text = self.fail_with(2, *words, cwd=self.folder)
                    self.assertTrue(text.startswith("rankpool: cannot "), text[:200])


if __name__ == "__main__":
    program.main()
