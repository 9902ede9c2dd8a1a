"""`submit`: the batch script it writes, what it gives to sbatch, and what it says when there is none."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

TEMPLATE = Path(__file__).parent.parent.parent / "cluster" / "rankpool.sbatch"


class SubmitCli(program.ProgramTest):
    def script(self, *words):
        """What --dry-run prints."""
        return self.succeed("submit", "--dry-run", *words, cwd=self.folder)

    def sbatch(self, lines):
        """The environment with an sbatch of these lines, or without one."""
        return self.submitter("sbatch", lines)

    def submitter(self, name, lines):
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        if lines:
            (folder / name).write_text("#!/bin/sh\n" + lines)
            (folder / name).chmod(0o755)
        return {"PATH": f"{folder}:/bin:/usr/bin" if lines else str(folder)}

    def test_the_script_is_the_projects_own_with_a_few_lines_more(self):
        script = self.script("--nodes=2", "-t", "10", "--", "run", "align", "--mode", "global")
        self.assertRegex(
            script, r"\n#SBATCH --nodes=2 -t 10 --output=\S+/runs/align-[-0-9]+\.out\n# Written by: .*\nset -- run align --mode global\n"
        )
        self.assertRegex(script, rf"\nRANKPOOL='{re.escape(os.path.realpath(program.PROGRAM))}'\n")
        lines = script.replace("--job-name=align\n", "--job-name=rankpool\n").replace("-N align\n", "-N rankpool\n").splitlines()
        template = TEMPLATE.read_text(encoding="utf-8").splitlines()
        added = len(lines) - len(template)
        start = next(i for i, line in enumerate(template) if line != lines[i])
        self.assertEqual(lines[:start] + lines[start + added :], template)
        self.assertLess(added, 8)
        self.assertFalse((self.folder / "runs").exists())

    def test_words_reach_the_program_as_they_were_typed(self):
        words = ["exec", "--input", "a b.csv", "--", "sh", "-c", "echo \"$1\" 'x' \\ $(id) `id`", "{a}", "", "--resume", "~"]
        script = self.write("script", self.script("--comment", 'a "b" \\ c', "--", *words))
        self.assertIn('#SBATCH --comment "a \\"b\\" \\\\ c" --output=', script.read_text())
        lines = script.read_text().splitlines()
        only = "\n".join(line for line in lines if line.startswith("set --")) + '\nprintf "%s\\n" "$@"'
        out = subprocess.run(["bash", "-c", only], capture_output=True, text=True, check=True).stdout
        self.assertEqual(out.split("\n")[:-1], words)

    def run_script(self, script, *, code=0, err=b"", **variables):
        """Runs a batch script of ours with an mpirun that only keeps the words it is given, and may fail."""
        bin_folder = self.folder / "bin"
        bin_folder.mkdir(exist_ok=True)
        mpirun = bin_folder / "mpirun"
        mpirun.write_text('#!/bin/bash\nprintf "%s\\0" "$@" > "$WORDS"\nexit "${CODE-0}"\n')
        mpirun.chmod(0o755)
        words = self.folder / "words"
        env = {**os.environ, "PATH": f"{bin_folder}:/bin:/usr/bin", "RECOVERY": "off", "WORDS": str(words), **variables}
        done = subprocess.run(["bash", script], capture_output=True, cwd=self.folder, env=env, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (code, b"", err))
        return words.read_bytes().split(b"\0")[:-1]

    def odd_words(self):
        """Words with every byte that a word can have, alone and beside others, and what shells see something in."""
        every = [bytes([byte]) for byte in range(1, 256)]
        beside = [b"a" + byte + b"0" for byte in every]
        known = [b"", b"~", b"~root", b"x=~/y", b"a:~", b"$(touch EXECUTED)", b"`touch EXECUTED`", b"x\ntouch EXECUTED\n#.csv"]
        known += [b"#", b"'", b"\\'", b"$'x'", b"!x", b"{a,b}", b"*", b"\\x41", b"%s", b"#SBATCH --nodes=9", b"\n#SBATCH --nodes=9"]
        known += ["M\u00fcller".encode(), "M\u00fcller".encode("latin1"), b"\xff\xfe", "\u202e\u0085\u2028".encode(), b"".join(every)]
        return known + every + beside

    def test_words_of_all_bytes_reach_the_program(self):
        odd = self.odd_words()
        words = [b"exec", b"--input", b"x\ntouch EXECUTED\n#.csv", b"--", b"printf", *odd]
        done = program.run("submit", "--dry-run", "--nodes=2", "--", *words, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        script = self.write("script", done.stdout)
        lines = done.stdout.split(b"\n")
        options = next(i for i, line in enumerate(lines) if line.startswith(b"#SBATCH --nodes=2 "))
        # sbatch reads up to the first command, and a comment is one line.
        self.assertTrue(lines[options + 1].startswith(b"# Written by: rankpool submit --dry-run --nodes=2 -- exec "))
        self.assertTrue(lines[options + 2].startswith(b"set -- exec --input "))
        self.assertTrue(lines[options + 3].startswith(b"RANKPOOL='"))
        for line in lines[options : options + 5]:
            self.assertTrue(line.decode().isprintable(), line)
        given = self.run_script(script)
        start = given.index(b"exec")
        self.assertEqual(given[start + 1], b"--run-dir")
        self.assertEqual(given[start + 3 :], words[1:])
        self.assertFalse((self.folder / "EXECUTED").exists())
        check = subprocess.run(["shellcheck", "-"], input=self.script("--", *words[:5], "a\tb", "~", "x").encode(), capture_output=True)
        self.assertEqual(check.stdout, b"")

    def test_folders_of_all_bytes_reach_the_program(self):
        for name in [b"a b", b"$(id)", b"x:~", b"'", b"a=b", "M\u00fcller".encode(), b"M\xfcller", b"%j%%", b"#", b'"']:
            with self.subTest(name):
                done = program.run("submit", "--dry-run", "--", "run", "pi", "--run-dir", name, cwd=self.folder)
                self.assertEqual(done.returncode, 0, done.stderr)
                given = self.run_script(self.write("script", done.stdout))
                self.assertEqual(given[given.index(b"--run-dir") + 1], os.fsencode(self.folder) + b"/" + name)
                pattern = name.replace(b"%", b"%%")
                for special in b'"', b"#", b"'":
                    pattern = pattern.replace(special, b"\\" + special)
                self.assertRegex(done.stdout, b'#SBATCH "?--output=[^ \n]*/' + re.escape(pattern) + b'\\.out"?\n')
        text = self.fail_with(2, "submit", "--dry-run", "--", "run", "pi", "--run-dir", "a\\b", cwd=self.folder)
        self.assertIn("has a backslash in its name", text)
        self.assertIn("\nRUN_DIR='", self.script("-o", "talk", "--", "run", "pi", "--run-dir", "a\\b"))

    def test_options_with_control_characters_are_refused(self):
        for byte in [*range(1, 32), 127]:
            text = self.fail_with(2, "submit", "--dry-run", f"--comment=hi{chr(byte)}#SBATCH --account=other", "--", "run", "pi", cwd=self.folder)
            self.assertIn("has a control character", text)
            self.assertEqual(text.count("\n"), 1)
        text = self.fail_with(2, "submit", "--dry-run", "--", "run", "pi", "--run-dir", "a\nb", cwd=self.folder)
        self.assertIn("has a control character", text)

    def test_what_starts_no_run_is_not_submitted(self):
        for word in "--help", "-h", "--dump-config", "--dry-run", "--version":
            text = self.fail_with(2, "submit", "--", "run", "pi", word, cwd=self.folder)
            self.assertIn(f"cannot submit ({word} starts no run)", text)
        self.script("--", "exec", "--input", "rows.csv", "--", "ls", "--help")

    def test_the_job_has_the_name_of_its_work(self):
        for words, name in [
            (["run", "pi"], "pi"),
            (["exec", "--grid", "a=1", "--", "/usr/bin/sort", "-u"], "exec-sort"),
            (["exec", "--", "a b", ":::", "1"], "exec"),
        ]:
            self.assertIn(f"\n#SBATCH --job-name={name}\n", self.script("--", *words))
        done = program.run("submit", "--dry-run", "--array=1-3", "--", "run", "pi", cwd=self.folder)
        self.assertIn(b"the jobs of this array do the same work each", done.stderr)

    def test_the_folder_of_the_run(self):
        script = self.script("--array=1-3", "--", "run", "align", "--run-dir", "my runs/a", "--matrix", "pam250")
        self.assertIn(f"\nRUN_DIR='{self.folder}/my runs/a'${{SLURM_ARRAY_TASK_ID:+-$SLURM_ARRAY_TASK_ID}}\n", script)
        self.assertIn(f'"--output={self.folder}/my runs/a-%a.out"', script)
        self.assertIn("\nset -- run align --matrix pam250\n", script)
        script = self.script("-o", "talk", "--launcher", "srun", "--", "run", "pi", "--run-dir=a")
        self.assertIn("\n#SBATCH -o talk\n", script)
        self.assertIn("\nLAUNCHER=srun\n", script)

    def test_going_on_with_a_run(self):
        text = self.fail_with(2, "submit", "--", "run", "pi", "--resume", cwd=self.folder)
        self.assertIn("there is no run of it in the folder runs", text)
        self.succeed("run", "pi", "--samples", "1e5", cwd=self.folder)
        (run,) = [path for path in (self.folder / "runs").iterdir() if path.name.startswith("pi-")]
        self.assertIn(f"\nRUN_DIR='{run}'$", self.script("--", "run", "pi", "--resume"))

    def test_going_on_with_a_run_of_other_options(self):
        text = self.fail_with(2, "submit", "--", "run", "pi", "--force-resume", cwd=self.folder)
        self.assertIn("there is no run of it in the folder runs", text)
        self.succeed("run", "pi", "--samples", "1e5", cwd=self.folder)
        (run,) = [path for path in (self.folder / "runs").iterdir() if path.name.startswith("pi-")]
        for words in ["--force-resume"], ["--resume", "--force-resume"]:
            script = self.script("--", "run", "pi", "--samples", "2e5", *words)
            self.assertIn(f"\nRUN_DIR='{run}'$", script)
            self.assertIn("\nset -- run pi --samples 2e5 --force-resume\n", script)
        # After -- it is the command's own.
        script = self.script("--", "exec", "--grid", "a=1", "--", "echo", "--force-resume")
        self.assertRegex(script, r"\nRUN_DIR='?\S+/runs/exec-[-0-9]+'?\$")

    def test_it_is_submitted(self):
        env = self.sbatch('printf "%s\\n" "$@" > words; cp "$4" given; echo "4711;cluster"; echo hint >&2\n')
        out = self.succeed("submit", "--nodes=2", "--time=10", "--", "run", "align", cwd=self.folder, env=env)
        job, script, results = [line.split()[1] for line in out.splitlines()]
        self.assertEqual(job, "4711")
        self.assertEqual(script, results + ".sbatch")
        self.assertRegex(results, f"^{self.folder}/runs/align-[-0-9]+$")
        words = (self.folder / "words").read_text().splitlines()
        self.assertEqual(words, ["--parsable", "--nodes=2", "--time=10", f"--output={results}.out", script])
        for name in results, results + "/", os.path.relpath(results, self.folder):
            said = self.succeed("status", name, cwd=self.folder)
            self.assertRegex(said, r"^submitted, and not begun yet\nscript  .*\.sbatch\noutput  .*[0-9]\.out\n$")
        self.assertEqual(json.loads(self.succeed("status", results, "--output-mode", "json"))["state"], "submitted")
        # The next at the same second has a folder of its own.
        again = self.succeed("submit", "--", "run", "align", cwd=self.folder, env=env)
        self.assertNotEqual(again.splitlines()[2], out.splitlines()[2])

    def test_jobs_of_an_array_have_a_folder_each(self):
        script = self.write("script", self.script("--array=1-3", "--", "run", "pi", "--run-dir", "a"))
        words = self.run_script(script, SLURM_ARRAY_TASK_ID="2", SLURM_JOB_ID="7")
        self.assertEqual(words[words.index(b"--run-dir") + 1], os.fsencode(self.folder / "a-2"))

    def test_grid_engine(self):
        env = self.submitter("qsub", 'printf "%s\n" "$@" > words; echo "12.1-2:1"\n')
        words = ["submit", "--system", "grid-engine", "-pe", "mpi", "4", "-l", "h_rt=8:00:00", "-t", "1-2", "--", "run", "pi"]
        job, script, results = [line.split()[1] for line in self.succeed(*words, cwd=self.folder, env=env).splitlines()]
        self.assertEqual(job, "12")
        given = (self.folder / "words").read_text().splitlines()
        self.assertEqual(given, ["-terse", "-pe", "mpi", "4", "-l", "h_rt=8:00:00", "-t", "1-2", "-o", f"{results}-$TASK_ID.out", script])
        text = Path(script).read_text(encoding="utf-8")
        self.assertIn(f"\n#$ -pe mpi 4 -l h_rt=8:00:00 -t 1-2 -o {results}-$TASK_ID.out\n", text)
        self.assertIn("\n#$ -N pi\n", text)
        # As a job there: again, for as long as it is not done, and as often as that may be.
        there = {
            "SGE_JOB_SPOOL_DIR": "/spool",
            "JOB_ID": "12",
            "JOB_NAME": "pi",
            "SGE_TASK_ID": "2",
            "NSLOTS": "4",
            "RESTARTED": "0",
            "MOST_STARTS": "2",
        }
        again = b"rankpool.sbatch: not done (exit code 75), so Grid Engine starts it again: start 2 of at most 2\n"
        ranks = self.run_script(script, code=99, err=again, CODE="75", **there)
        self.assertEqual(
            ranks[:5] + ranks[6:], [b"-q", b"-np", b"4", b"--bind-to", b"none", b"run", b"pi", b"--run-dir", os.fsencode(results) + b"-2"]
        )
        there["RESTARTED"] = "1"
        over = f"rankpool.sbatch: not done after 2 starts (exit code 75), so it ends. To go on: submit it again with RUN_DIR={results}-2\n"
        self.run_script(script, code=75, err=over.encode(), CODE="75", **there)
        self.run_script(script, code=1, CODE="1", **there)
        del there["NSLOTS"]
        self.assertEqual(self.run_script(script, **{**there, "SGE_TASK_ID": "undefined"})[:3], [b"-q", b"-np", b"1"])

    def test_grid_engine_is_found(self):
        """What is not there but for qsub."""
        tools = self.folder / "tools"
        tools.mkdir()
        for name in "sh", "cp":
            (tools / name).symlink_to(f"/bin/{name}")
        env = {"PATH": self.submitter("qsub", "echo 7")["PATH"].split(":")[0] + f":{tools}"}
        self.assertIn("job      7\n", self.succeed("submit", "--", "run", "pi", cwd=self.folder, env=env))
        for words, why in [
            (["--system", "pbs"], "cannot submit to 'pbs' (--system must be slurm or grid-engine)"),
            (["--launcher", "srun"], "cannot start ranks by 'srun' (it must be mpirun)"),
            (["-N", "a\"'"], "no script can have the option"),
        ]:
            self.assertIn(why, self.fail_with(2, "submit", *words, "--", "run", "pi", cwd=self.folder, env=env))
        text = self.fail_with(2, "submit", "--", "run", "pi", "--run-dir", "a:b", cwd=self.folder, env=env)
        self.assertIn("by which Grid Engine does not take it for a file's", text)

    def test_where_it_cannot(self):
        words = ["submit", "--", "run", "align"]
        text = self.fail_with(2, *words, cwd=self.folder, env=self.sbatch(None))
        self.assertIn("rankpool: cannot submit (there is no sbatch on this computer); the batch script is ", text)
        text = self.fail_with(2, *words, cwd=self.folder, env=self.sbatch("echo 'sbatch: error: no partition' >&2; exit 1\n"))
        self.assertIn("rankpool: cannot submit (sbatch: error: no partition); the batch script is ", text)

    def test_what_is_not_submitted_leaves_no_script(self):
        text = self.fail_with(2, "submit", "--comment", "a\nb", "--", "run", "pi", cwd=self.folder, env=self.sbatch("exit 1\n"))
        self.assertIn("has a control character", text)
        self.assertEqual(list((self.folder / "runs").iterdir()), [])

    def test_wrong_words_are_told_before(self):
        for words, why in [
            ([], "no run or exec comes after --"),
            (["--", "status", "runs/latest"], "no run or exec comes after --"),
            (["--", "run", "aling"], "cannot run aling (there is no such job)"),
            (["--", "run"], "cannot "),
            (["--", "run", "align", "--mode", "sideways"], "sideways not in"),
            (["--", "exec", "--", "true"], "--input is required"),
            (["--launcher", "mpiexec", "--", "run", "align"], "it must be mpirun or srun"),
        ]:
            with self.subTest(words):
                text = self.fail_with(2, "submit", "--nodes=2", *words, cwd=self.folder)
                self.assertIn(why, text)
                self.assertTrue(text.startswith("rankpool: cannot "), text)
        self.assertFalse((self.folder / "runs").exists())


if __name__ == "__main__":
    program.main()
