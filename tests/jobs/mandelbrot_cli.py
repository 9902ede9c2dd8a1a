"""The job mandelbrot: the same bytes everywhere, and whole files only."""

import contextlib
import os
import sqlite3
import sys
import tempfile

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

    def test_results_that_are_no_rows_of_the_picture_end_with_2(self):
        """A run directory may come from anybody."""
        words = ["run", "mandelbrot", "--width", "10", "--height", "4", "--progress", "none"]
        for change in (
            "set pixels = zeroblob(40000) where task = 2",
            "set pixels = zeroblob(0) where task = 3",
            "set row = 123456789012 where task = 0",
            "set row = -1 where task = 0",
            "set row = 2 where task = 1",
        ):
            with self.subTest(change=change), tempfile.TemporaryDirectory() as folder:
                picture = ["--output", f"{folder}/picture.png"]
                self.succeed(*words, *picture, "--run-dir", f"{folder}/run")
                os.remove(f"{folder}/picture.png")
                with contextlib.closing(sqlite3.connect(f"{folder}/run/results.sqlite")) as database, database:
                    database.execute(f"update results {change}")
                text = self.fail_with(2, *words, *picture, "--run-dir", f"{folder}/run", "--resume")
                self.assertRegex(text, "the results are not those of a picture of 10 x 4 pixels|cannot read a stored value")
                self.assertEqual(os.listdir(folder), ["run"])

    def test_what_is_no_number_is_refused(self):
        for words in ("--center", "nan,0"), ("--center", "0,inf"), ("--zoom", "nan"), ("--zoom", "1e16"):
            self.assertIn(words[0], self.fail_with(2, "run", "mandelbrot", *words))


if __name__ == "__main__":
    program.main()
