"""The job mandelbrot: the same bytes everywhere, and whole files only."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program


class MandelbrotCli(program.ProgramTest):
    def picture(self, *words, **how):
        """The bytes of the picture."""
        path = self.folder / "picture.png"
        self.succeed("run", "mandelbrot", "--output", path, *words, **how)
        self.assertEqual(os.listdir(self.folder), ["picture.png"])
        content = path.read_bytes()
        path.unlink()
        return content

    def test_the_bytes_are_the_same_for_every_number_of_ranks(self):
        words = ["--width", "150", "--height", "100", "--center", "-0.743,0.131", "--zoom", "40"]
        alone = self.picture(*words)
        self.assertTrue(alone.startswith(b"\x89PNG\r\n\x1a\n"))
        self.assertEqual(alone[16:24], (150).to_bytes(4, "big") + (100).to_bytes(4, "big"))
        for ranks in 1, 2, 4:
            with self.subTest(ranks=ranks):
                self.assertEqual(self.picture(*words, ranks=ranks), alone)

    def test_one_pixel(self):
        self.assertTrue(self.picture("--width", "1", "--height", "1", ranks=2).startswith(b"\x89PNG"))

    def test_a_file_that_cannot_be_made_ends_with_2_before_the_work(self):
        text = self.fail_with(2, "run", "mandelbrot", "--output", self.folder / "no" / "picture.png", ranks=2)
        self.assertRegex(text, r"^rankpool: cannot make the file .*no/picture.png \(No such file or directory\)")
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    program.main()
