"""The job knn on the data that it ships with."""

import json
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

DATA = Path(__file__).parents[2] / "jobs" / "data"


class KnnCli(program.ProgramTest):
    def knn(self, *words, **how):
        """The table that is printed, by metric and k, and the best."""
        lines = self.succeed("run", "knn", "--progress", "none", *words, **how).splitlines()
        table = {(metric, int(k)): float(accuracy) for metric, k, accuracy, _ in map(str.split, lines[1:-1])}
        return table, lines[-1]

    def test_digits_are_told_apart(self):
        table, best = self.knn("--k", "1,3", "--folds", "5", ranks=2)
        self.assertEqual(sorted(table), [("euclidean", 1), ("euclidean", 3), ("manhattan", 1), ("manhattan", 3)])
        # scikit-learn's documentation of this data set and others report 0.98 to 0.99.
        for accuracy in table.values():
            self.assertGreater(accuracy, 0.975)
            self.assertLess(accuracy, 0.995)
        self.assertRegex(best, r"^best: euclidean with k = [13], 0\.98")
        self.assertEqual(self.knn("--k", "1,3", "--folds", "5", ranks=3)[0], table)

    def test_scaling_helps_where_columns_differ_in_size(self):
        words = ["--data", DATA / "breast_cancer.csv", "--k", "5", "--metric", "euclidean"]
        plain, _ = self.knn(*words, ranks=2)
        scaled, _ = self.knn(*words, "--scale", "standard", ranks=2)
        self.assertGreater(scaled["euclidean", 5], plain["euclidean", 5] + 0.02)
        self.assertGreater(scaled["euclidean", 5], 0.96)

    def test_bad_data_ends_with_2(self):
        text = self.fail_with(2, "run", "knn", "--data", self.write("bad.csv", "1,2,a\n1,x,b\n"))
        self.assertIn("row 2 has 'x' in field 2", text)
        text = self.fail_with(2, "run", "knn", "--data", self.write("few.csv", "1,2,a\n"))
        self.assertIn("cannot make 10 folds (there are only 1 rows", text)
        text = self.fail_with(2, "run", "knn", "--k", "0:3")
        self.assertIn("0:3 are no numbers of neighbours", text)

    def test_how_the_first_row_is_read_is_told_and_may_be_said(self):
        """Lines of stderr, and how many rows were tested."""
        rest = "1.0,2.0,a\n2.0,3.0,b\n1.1,2.1,a\n2.1,3.1,b\n"
        for first, words, tested, told in [
            ("0,1,2\n", [], 4, "the first row was taken for names: '0, 1, 2'. --header no if it is data."),
            ("0,1,2\n", ["--header", "no"], 5, None),
            ("2019,2020,class\n", [], 4, "the first row was taken for names: '2019, 2020, class'. --header no if it is data."),
            ("?,1.0,a\n", ["--missing", "drop"], 4, "1 of 5 rows are left out, since a value is missing"),
            ("+1.0, 2.0, a\n", [], 5, None),
            ("x,y,class\n", ["--drop-columns", "y", "--header", "yes"], 4, None),
        ]:
            with self.subTest(first=first, words=words):
                data = self.write("data.csv", first + rest)
                command = ["run", "knn", "--data", data, "--folds", "2", "--k", "1", "--metric", "euclidean", "--progress", "none"]
                done = program.run(*command, "--run-dir", self.folder / "run", *words)
                self.assertEqual(done.returncode, 0, done.stderr)
                lines = [line for line in done.stderr.decode().splitlines() if line.startswith("rankpool: ")]
                self.assertEqual(lines, [f"rankpool: {data}: {told}"] if told else [])
                rows = self.succeed("export", self.folder / "run", "--format", "jsonl").splitlines()
                self.assertEqual(sum(json.loads(row)["tested"] for row in rows), tested)
                shutil.rmtree(self.folder / "run")
        text = self.fail_with(2, "run", "knn", "--data", self.write("data.csv", "?,1.0,a\n" + rest))
        self.assertIn("row 1 has '?' in field 1, a missing value). --missing drop", text)


if __name__ == "__main__":
    program.main()
