"""The job pi: right, and the same digits everywhere."""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program


class PiCli(program.ProgramTest):
    def estimate(self, *words, **how):
        """The two numbers that are printed, and the whole text."""
        text = self.succeed("run", "pi", "--progress", "none", *words, **how)
        numbers = dict(line.rsplit(maxsplit=1) for line in text.splitlines())
        return float(numbers["pi"]), float(numbers["standard error"]), text

    def test_the_estimate_is_right(self):
        value, error, _ = self.estimate("--samples", "1e7")
        self.assertLess(abs(value - math.pi), 4 * error)
        self.assertAlmostEqual(error, 1.6422 / math.sqrt(1e7), delta=1e-5)

    def test_the_digits_are_the_same_for_every_number_of_ranks(self):
        for words in ["--samples", "12345678"], ["--samples", "3e6", "--seed", "18446744073709551615"], ["--samples", "1"]:
            alone = self.estimate(*words)
            for ranks in 1, 2, 4:
                with self.subTest(words=words, ranks=ranks):
                    self.assertEqual(self.estimate(*words, ranks=ranks), alone)

    def test_another_seed_gives_other_digits(self):
        self.assertNotEqual(self.estimate("--seed", "1", "--samples", "1e6"), self.estimate("--seed", "2", "--samples", "1e6"))

    def test_progress_goes_to_stderr(self):
        done = program.run("run", "pi", "--samples", "1e6", "--progress", "plain", ranks=2)
        self.assertRegex(done.stderr.decode(), r"^1/1 blocks  100 %.*\n1 ok, 0 failed, 0 lost of 1 in .*\n$")
        self.assertNotIn(b"blocks", done.stdout)


if __name__ == "__main__":
    program.main()
