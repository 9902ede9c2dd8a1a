"""Tables of any width, and names and words of any bytes: run, resumed, exported and told."""

import csv
import io
import json

import runs
from runs import program


class ColumnsCli(runs.RunsTest):
    def exec_echo(self, table, *words, code=0, options=()):
        """stdout of `echo` with the words for each row."""
        done = program.run("exec", "--run-dir", self.run_dir, "--progress", "none", "--input", table, *options, "--", "echo", *words)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def look(self):
        """What looks at the run writes UTF-8; the first row as JSON."""
        json.loads(self.succeed("status", self.run_dir, "--output-mode", "json"))
        self.succeed("report", self.run_dir)
        (self.run_dir / "report.html").read_text(encoding="utf-8")
        return json.loads(self.succeed("export", self.run_dir, "--format", "jsonl").splitlines()[0])

    def test_more_columns_than_the_database_takes(self):
        for width in [1990, 2500]:
            self.run_dir = self.folder / f"run-{width}"
            names = [f"c{i}" for i in range(width)]
            table = self.write("wide.csv", ",".join(names) + "\n" + ",".join(str(i) for i in range(width)) + "\n")
            last = f"{{c{width - 1}}}"
            for options in [[], ["--resume"]]:
                self.assertEqual(self.exec_echo(table, "{c0}", last, options=options), f"0 {width - 1}\n".encode())
            title, row = csv.reader(io.StringIO(self.succeed("export", self.run_dir)))
            self.assertEqual(title[1 : width + 1], names)
            self.assertEqual(row[1 : width + 1], [str(i) for i in range(width)])
            self.assertEqual(self.look()[names[-1]], width - 1)

    def test_bytes_that_are_not_utf8(self):
        table = self.write("latin1.csv", b"id,n\xe4me\n1,M\xfcller\n")
        self.assertEqual(self.exec_echo(table, "{id}"), b"1\n")
        self.assertEqual(self.exec_echo(table, "{id}", options=["--resume"]), b"1\n")
        self.assertEqual(self.look()["id"], 1)
        done = program.run("export", self.run_dir)
        self.assertIn(b"n\xe4me", done.stdout)
        self.assertIn(b"M\xfcller", done.stdout)


if __name__ == "__main__":
    runs.main()
