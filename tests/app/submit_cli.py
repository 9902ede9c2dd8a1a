"""`submit`: the batch script it writes, what it gives to sbatch, and what it says when there is none."""

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
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        if lines:
            (folder / "sbatch").write_text("#!/bin/sh\n" + lines)
            (folder / "sbatch").chmod(0o755)
        return {"PATH": f"{folder}:/bin:/usr/bin" if lines else str(folder)}

    def test_the_script_is_the_projects_own_with_a_few_lines_more(self):
        script = self.script("--nodes=2", "-t", "10", "--", "run", "align", "--mode", "global")
        self.assertRegex(script, r"\n#SBATCH --nodes=2 -t 10 --output=\S+/runs/align-[-0-9]+\.out\nset -- run align --mode global\n")
        self.assertRegex(script, rf"\nRANKPOOL={re.escape(os.path.realpath(program.PROGRAM))}\n")
        lines = script.splitlines()
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

    def test_the_folder_of_the_run(self):
        script = self.script("--array=1-3", "--", "run", "align", "--run-dir", "my runs/a", "--matrix", "pam250")
        self.assertIn(f"\nRUN_DIR='{self.folder}/my runs/a'${{SLURM_ARRAY_TASK_ID:+-$SLURM_ARRAY_TASK_ID}}\n", script)
        self.assertIn(f'"--output={self.folder}/my runs/a-%a.out"', script)
        self.assertIn("\nset -- run align --matrix pam250\n", script)
        script = self.script("-o", "talk", "--launcher", "srun", "--", "run", "pi", "--run-dir=a")
        self.assertNotIn("--output", script.split("set --")[0].split("Written by")[1].replace("-o talk", ""))
        self.assertIn("\nLAUNCHER=srun\n", script)

    def test_going_on_with_a_run(self):
        text = self.fail_with(2, "submit", "--", "run", "pi", "--resume", cwd=self.folder)
        self.assertIn("there is no run of it in the folder runs", text)
        self.succeed("run", "pi", "--samples", "1e5", cwd=self.folder)
        (run,) = [path for path in (self.folder / "runs").iterdir() if path.name.startswith("pi-")]
        self.assertIn(f"\nRUN_DIR={run}$", self.script("--", "run", "pi", "--resume"))

    def test_it_is_submitted(self):
        env = self.sbatch('printf "%s\\n" "$@" > words; cp "$4" given; echo "4711;cluster"; echo hint >&2\n')
        out = self.succeed("submit", "--nodes=2", "--time=10", "--", "run", "align", cwd=self.folder, env=env)
        job, script, results = [line.split()[1] for line in out.splitlines()]
        self.assertEqual(job, "4711")
        self.assertEqual(script, results + ".sbatch")
        self.assertRegex(results, f"^{self.folder}/runs/align-[-0-9]+$")
        words = (self.folder / "words").read_text().splitlines()
        self.assertEqual(words, ["--parsable", "--nodes=2", "--time=10", f"--output={results}.out", script])
        # The next at the same second has a folder of its own.
        again = self.succeed("submit", "--", "run", "align", cwd=self.folder, env=env)
        self.assertNotEqual(again.splitlines()[2], out.splitlines()[2])

    def test_where_it_cannot(self):
        words = ["submit", "--", "run", "align"]
        text = self.fail_with(2, *words, cwd=self.folder, env=self.sbatch(None))
        self.assertIn("rankpool: cannot submit (there is no sbatch on this computer); the batch script is ", text)
        text = self.fail_with(2, *words, cwd=self.folder, env=self.sbatch("echo 'sbatch: error: no partition' >&2; exit 1\n"))
        self.assertIn("rankpool: cannot submit (sbatch: error: no partition); the batch script is ", text)

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
