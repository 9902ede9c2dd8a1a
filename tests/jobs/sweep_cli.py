"""The job sweep: grids, tables of points, and the same results everywhere."""

import csv
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

QUICK = ["--time", "50", "--transient", "20", "--progress", "none"]


class SweepCli(program.ProgramTest):
    def sweep(self, *words, **how):
        """Rows of the CSV output."""
        output = self.folder / "out.csv"
        self.succeed("run", "sweep", "--output", output, *QUICK, *words, **how)
        with output.open(newline="") as file:
            return list(csv.DictReader(file))

    def test_a_grid_has_every_point_and_the_same_exponents_everywhere(self):
        words = ["--rho", "0:30:10", "--sigma", "10,16"]
        alone = self.sweep(*words)
        self.assertEqual([(float(r["sigma"]), float(r["rho"])) for r in alone], [(s, r) for s in (10, 16) for r in (0, 10, 20, 30)])
        for ranks in 1, 2, 4:
            self.assertEqual(self.sweep(*words, ranks=ranks), alone)
        self.assertAlmostEqual(float(alone[0]["exponent"]), -1, places=3)
        self.assertGreater(float(alone[3]["exponent"]), 0.5)

    def test_points_of_a_table(self):
        table = self.write("points.csv", "name,beta,rho,sigma\na,2.5,28,10\nb,2.6,0.5,10\n")
        rows = self.sweep("--input", table, ranks=2)
        self.assertEqual([(r["rho"], r["beta"]) for r in rows], [("28", "2.5"), ("0.5", "2.6")])
        text = self.fail_with(2, "run", "sweep", "--input", self.write("bad.csv", "rho,sigma\n1,2\n"))
        self.assertIn("it has no column beta", text)
        text = self.fail_with(2, "run", "sweep", "--input", self.write("bad.csv", "rho,sigma,beta\n1,2,x\n"))
        self.assertIn("point 1 has 'x' for a number", text)
        text = self.fail_with(2, "run", "sweep", "--rho", "0:10:0")
        self.assertIn("0:10:0 is no list of numbers", text)

    def test_the_plot_has_every_point(self):
        image = self.folder / "plot.svg"
        self.sweep("--rho", "0:20:5", "--image", image)
        text = image.read_text()
        self.assertEqual(text.count("<circle"), 5)
        self.assertNotIn("nan", text)

    def test_numbers_may_have_a_plus_and_blanks(self):
        table = self.write("points.csv", "\ufeffrho, sigma ,beta\n+28, 10 ,\t2.5\n")
        rows = self.sweep("--input", table)
        self.assertEqual([(r["rho"], r["sigma"], r["beta"]) for r in rows], [("28", "10", "2.5")])
        self.assertEqual([float(r["rho"]) for r in self.sweep("--rho", " +1, 2")], [1, 2])

    def test_too_many_points_are_refused_at_once(self):
        text = self.fail_with(2, "run", "sweep", "--rho", "0:9999:1", "--sigma", "1:1001:1", "--beta", "1,2")
        self.assertIn("cannot take 20020000 points (a run has 10000000 at most)", text)
        text = self.fail_with(2, "run", "sweep", "--rho", "0:1000000:1", "--image", self.folder / "plot.svg")
        self.assertIn("--image has 1000000 at most", text)
        self.assertIn("--step", self.fail_with(2, "run", "sweep", "--step", "nan"))


if __name__ == "__main__":
    program.main()
