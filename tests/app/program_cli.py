"""The program's commands, help and complaints."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program


JOBS = ["align", "first_lock", "first_pool", "first_queue", "frames", "heavy_math", "knn", "life", "mandelbrot", "pi", "sweep"]


class ProgramCli(program.ProgramTest):
    def test_list_shows_every_job(self):
        text = self.succeed("list")
        self.assertEqual([line.split()[0] for line in text.splitlines()], JOBS)

    def test_every_command_has_help(self):
        for words in (
            [],
            ["list"],
            ["run"],
            ["exec"],
            ["status"],
            ["export"],
            ["report"],
            ["submit"],
            ["check"],
            ["overhead"],
            ["compare"],
            *(["run", name] for name in JOBS),
        ):
            with self.subTest(words):
                self.assertIn("--help", self.succeed(*words, "--help"))
        self.assertIn("--workers-per-rank", self.succeed("run", "pi", "--help"))

    def test_version(self):
        self.assertRegex(self.succeed("--version"), r"^rankpool \d+\.\d+\.\d+\n$")

    def test_only_rank_0_talks(self):
        self.assertEqual(self.succeed("list", ranks=3), self.succeed("list"))
        self.assertEqual(self.succeed("run", "pi", "--help", ranks=3), self.succeed("run", "pi", "--help"))
        self.assertEqual(self.fail_with(2, "run", "pj", ranks=3), self.fail_with(2, "run", "pj"))

    def test_wrong_use_is_told_in_one_line_and_ends_with_2(self):
        for words, text in [
            ([], "See rankpool --help"),
            (["dance"], "dance"),
            (["run"], "cannot run (no job is named). There is "),
            (["run", "pj"], "cannot run pj (there is no such job). There is " + ", ".join(JOBS) + "."),
            (["run", "pi", "--samples"], "--samples"),
            (["run", "pi", "--samples", "many"], "many is not a whole number"),
            (["run", "pi", "--samples", "0"], "0 is not a whole number from 1"),
            (["run", "pi", "--samples", "1.5"], "1.5 is not a whole number"),
            (["run", "pi", "--sample", "10"], "See rankpool run pi --help"),
            (["run", "pi", "--seed", "-1"], "--seed"),
            (["run", "pi", "--workers-per-rank", "0"], "0 is neither a number from 1 to 9999 nor auto"),
            (["run", "pi", "--progress", "loud"], "loud not in"),
            (["run", "pi", "--timeout", "soon"], "soon is no duration"),
            (["run", "pi", "--memory-limit", "2X"], "2X is no size"),
            (["run", "pi", "--max-fails", "101%"], "101% is neither a number of tasks nor a share"),
            (["run", "pi", "--retries", "-1"], "--retries"),
            (["exec", "--input", "rows.csv"], "command is required"),
            (["status", "nowhere"], "there is no results.sqlite in it"),
            (["run", "mandelbrot", "--width", "0"], "--width"),
            (["run", "mandelbrot", "--center", "1"], "--center"),
            (["run", "align", "--mode", "sideways"], "sideways not in"),
            (["run", "align", "--matrix", "blosum61"], "blosum61 is no substitution matrix"),
        ]:
            with self.subTest(words):
                complaint = self.fail_with(2, *words)
                self.assertTrue(complaint.startswith("rankpool: cannot "), complaint)
                self.assertEqual(complaint.count("\n"), 1, complaint)
                self.assertIn(text, complaint)

    def test_workers_per_rank(self):
        digits = self.succeed("run", "pi", "--samples", "1e7", "--progress", "none")
        for workers in "1", "3", "auto":
            text = self.succeed("run", "pi", "--samples", "1e7", "--progress", "none", "--workers-per-rank", workers, ranks=2)
            self.assertEqual(text, digits)


if __name__ == "__main__":
    program.main()
