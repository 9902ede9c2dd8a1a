"""The job align: rows, table, picture, the same bytes everywhere, and complaints about bad FASTA."""

import csv
import io
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

FIRST_LINE = "query,target,score,length_query,length_target"


class AlignCli(program.ProgramTest):
    def align(self, *words, **how):
        """What is printed, and the bytes of the CSV file and of the picture."""
        files = [self.folder / "out.csv", self.folder / "out.png"]
        text = self.succeed("run", "align", "--output", files[0], "--image", files[1], "--progress", "none", *words, **how)
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.csv", "out.png"])
        contents = [file.read_bytes() for file in files]
        for file in files:
            file.unlink()
        return text, *contents

    def test_all_is_the_same_for_every_number_of_ranks(self):
        for mode in "local", "global":
            alone = self.align("--mode", mode)
            for ranks in 1, 2, 4:
                with self.subTest(mode=mode, ranks=ranks):
                    self.assertEqual(self.align("--mode", mode, ranks=ranks), alone)
            with self.subTest(mode=mode, workers=3):
                self.assertEqual(self.align("--mode", mode, "--workers-per-rank", "3", ranks=2), alone)

    def test_the_globins(self):
        text, table, picture = self.align(ranks=2)
        rows = list(csv.DictReader(io.StringIO(table.decode())))
        self.assertEqual(table.decode().splitlines()[0], FIRST_LINE)
        self.assertEqual(len(rows), 990)
        self.assertTrue(picture.startswith(b"\x89PNG\r\n\x1a\n"))

        # One row for each pair i < j in file order.
        names = list(dict.fromkeys(row["query"] for row in rows)) + [rows[-1]["target"]]
        self.assertEqual(len(names), 45)
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
        self.assertEqual([(row["query"], row["target"]) for row in rows], pairs)
        self.assertEqual((rows[0]["query"], rows[0]["length_query"]), ("MYG_ESCGI", "153"))

        # The ten best, best first.
        best = sorted(rows, key=lambda row: -int(row["score"]))[:10]
        shown = [line.split() for line in text.splitlines()[2:]]
        self.assertEqual(shown, [[str(rank), *row.values()] for rank, row in enumerate(best, 1)])

    def test_rows_to_stdout_leave_the_table_to_stderr(self):
        done = program.run("run", "align", "--output", "-", "--progress", "none", ranks=2)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.decode().splitlines()[0], FIRST_LINE)
        self.assertEqual(len(done.stdout.splitlines()), 991)
        self.assertIn(b"Best 10 of 990 pairs", done.stderr)

    def test_scores_counted_by_hand(self):
        fasta = self.write("w.fasta", ">four all W\nWWWW\n>gap of two\nWWAAWW\n>none\nPPPP\n")
        self.assertEqual(
            self.succeed("run", "align", "--input", fasta, "--output", "-", ranks=2).splitlines()[1:],
            # 4 x 11 - (11 + 1); W beside P is -4.
            ["four,gap,32,4,6", "four,none,0,4,4", "gap,none,0,6,4"],
        )
        self.assertEqual(
            self.succeed("run", "align", "--input", fasta, "--mode", "global", "--gap-open", "2", "--output", "-").splitlines()[1],
            "four,gap,41,4,6",
        )

    def test_one_sequence_has_no_pairs(self):
        fasta = self.write("one.fasta", ">one\nWWWW\n")
        self.assertEqual(self.succeed("run", "align", "--input", fasta, "--output", "-", ranks=2), FIRST_LINE + "\n")

    def test_bad_fasta_names_file_and_line_and_leaves_nothing(self):
        for name, content, line in [
            ("empty", "", 1),
            ("blank", "\n\n", 2),
            ("no_header", "ACDE\n", 1),
            ("no_residue", ">a\nACDE\nAC4E\n", 3),
            ("high_bit", b">a\nAC\xc3\xa4\n", 2),
            ("no_sequence", ">a\nACDE\n>b\n>c\nACDE\n", 3),
            ("no_name", ">a\nACDE\n>\nACDE\n", 3),
            ("twice", ">a\nACDE\n>a\nACDE\n", 3),
        ]:
            fasta = self.write(name, content)
            for ranks in None, 2:
                with self.subTest(name=name, ranks=ranks):
                    outputs = ["--output", self.folder / "out.csv", "--image", self.folder / "out.png"]
                    text = self.fail_with(2, "run", "align", "--input", fasta, *outputs, ranks=ranks)
                    self.assertRegex(text, rf"^rankpool: cannot read {fasta} as FASTA \(line {line} has ")
                    self.assertEqual(text.count("\n"), 1, text)
                    self.assertEqual(os.listdir(self.folder), [name])
            fasta.unlink()

    def test_a_missing_file_is_named(self):
        text = self.fail_with(2, "run", "align", "--input", self.folder / "gone.fasta", ranks=2)
        self.assertIn("gone.fasta (No such file or directory)", text)

    def test_what_is_made_of_the_file_is_told(self):
        """Once, by one process."""
        dna = self.write("dna.fasta", ">a\nACGTACGTAC--GTACGTACGT\n>b\nACGTTTGTACGTACGTACGTA\n")
        done = program.run("run", "align", "--input", dna, "--progress", "none", ranks=2)
        self.assertEqual(done.returncode, 0)
        told = [line for line in done.stderr.decode().splitlines() if line.startswith("rankpool: ")]
        self.assertEqual(
            told,
            [
                f"rankpool: {dna}: 2 gaps ('-' and '.') between residues are left out",
                "rankpool: the sequences look like DNA, and blosum62 is a matrix for proteins. --matrix dnafull?",
            ],
        )
        done = program.run("run", "align", "--input", dna, "--matrix", "dnafull", "--progress", "none")
        self.assertNotIn(b"look like DNA", done.stderr)

    def test_too_many_sequences_are_refused_at_once(self):
        many = self.write("many.fasta", "".join(f">{n}\nACD\n" for n in range(16001)))
        text = self.fail_with(2, "run", "align", "--input", many, "--image", self.folder / "map.png")
        self.assertIn("cannot align 16001 sequences (with --image it is 16000 at most)", text)
        self.assertEqual(os.listdir(self.folder), ["many.fasta"])


if __name__ == "__main__":
    program.main()
