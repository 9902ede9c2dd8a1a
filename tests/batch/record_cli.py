"""What a run leaves in its directory, and what is done about tasks that fail."""

import json
import os
import re

import runs


class RecordCli(runs.RunsTest):
    def test_every_result_is_a_typed_row(self):
        out, err = self.squares("--count", "50")
        self.assertEqual(out, f"50 squares, sum {sum(i * i for i in range(50))}\n")
        self.assertRegex(err[-1], r"^50 ok, 0 failed, 0 lost of 50 in .* on 2 workers, efficiency \d+ %, ")
        self.assertEqual(sorted(os.listdir(self.run_dir)), ["report.html", "results.sqlite", "run.log", "status.json"])
        self.assertEqual(
            self.query("select * from results where task in (0, 7)"),
            [(0, "n", 0, 0, 0.5, "[1,0]"), (7, "n", 7, 49, 0.5, "[1,7]")],
        )
        self.assertEqual(
            [(name, kind) for _, name, kind, *_ in self.query("pragma table_info(results)")],
            [
                ("task", "INTEGER"),
                ("label", "TEXT"),
                ("number", "INTEGER"),
                ("result_number", "INTEGER"),
                ("root", "REAL"),
                ("divisors", "TEXT"),
            ],
        )
        self.assertEqual(self.query("pragma user_version"), [(8,)])
        self.assertEqual(self.query("select count(*), count(distinct task), sum(outcome = 'ok') from attempts"), [(50, 50, 50)])
        self.assertEqual(self.query("select count(distinct key) from inputs"), [(50,)])
        [(command, ranks, workers, code, ending)] = self.query("select command, ranks, workers, exit_code, ending from sessions")
        self.assertIn("--count 50", command)
        self.assertEqual((ranks, workers, code, ending), (2, 2, 0, "done"))
        [(options,)] = self.query("select options from run")
        self.assertEqual(json.loads(options)["--count"], "50")
        self.assertNotIn("--nap", json.loads(options))

    def test_a_run_directory_of_its_own_and_a_link_to_the_newest(self):
        for _ in range(2):
            self.succeed("run", "squares", cwd=self.folder)
        names = sorted(os.listdir(self.folder / "runs"))
        self.assertEqual(len(names), 3)
        self.assertRegex(names[0], r"^latest$")
        self.assertRegex(names[1], r"^squares-\d{8}-\d{6}$")
        newest = os.readlink(self.folder / "runs" / "latest")
        self.assertEqual(newest, names[2])

    def test_a_failed_task_fails_alone(self):
        out, err = self.squares("--throwing", "13", "--crashing", "17", code=1)
        self.assertEqual(out, "")
        self.assertRegex(err[-1], r"^98 ok, 1 failed, 1 lost of 100 ")
        self.assertEqual(self.query("select count(*) from results"), [(98,)])
        failures = self.query("select task, outcome, error, attempts, number from failures order by task")
        self.assertEqual(failures[0], (13, "failed", "std::domain_error: no square for this one", 1, 13))
        self.assertEqual(failures[1], (17, "lost", "the worker was ended by signal 9 (Killed)", 2, 17))
        self.assertEqual(self.query("select attempt, outcome from attempts where task = 17"), [(1, "lost"), (2, "lost")])
        log = (self.run_dir / "run.log").read_text()
        self.assertRegex(log, r"task 13 failed on rank \d, \S+: std::domain_error: no square for this one\n")
        status = self.status()
        self.assertEqual((status["ok"], status["failed"], status["lost"], status["state"]), (98, 1, 1, "done"))

    def test_retries_are_recorded_one_by_one(self):
        self.squares("--throwing", "5", "--retries", "2", code=1)
        self.assertEqual(self.query("select attempt, outcome from attempts where task = 5"), [(1, "failed"), (2, "failed"), (3, "failed")])
        self.assertEqual(self.query("select attempts from failures"), [(3,)])

    def test_the_last_tasks_are_tried_again_as_well(self):
        for count in 1, 3, 100:
            for what, outcome, attempts in ("throwing", "failed", 3), ("crashing", "lost", 4):
                with self.subTest(count=count, what=what):
                    self.run_dir = self.folder / f"{what}-{count}"
                    self.squares("--count", count, f"--{what}", count - 1, "--retries", "2", code=1)
                    self.assertEqual(self.query("select task, outcome, attempts from failures"), [(count - 1, outcome, attempts)])
                    self.assertEqual(self.query("select count(*) from results"), [(count - 1,)])

    def test_time_and_memory_limits(self):
        self.squares("--hanging", "3", "--hungry", "8", "--timeout", "4s", "--memory-limit", "300M", code=1)
        self.assertEqual(self.query("select task, outcome, error from failures where task = 3"), [(3, "timeout", "ran longer than --timeout")])
        [(outcome, error)] = self.query("select outcome, error from failures where task = 8")
        self.assertEqual(outcome, "lost")
        self.assertIn("memory limit", error)
        self.assertEqual(self.query("select count(*) from results"), [(98,)])

    def test_giving_up(self):
        self.squares("--throwing", "0", "--fail-fast", "--count", "20000", "--nap", "500", code=1)
        self.assertLess(self.query("select count(*) from results")[0][0], 5000)
        self.run_dir = self.folder / "patient"
        self.squares("--throwing", "0", "--max-fails", "1", "--count", "300", code=1)
        self.assertEqual(self.query("select count(*) from results"), [(299,)])
        self.run_dir = self.folder / "impatient"
        _, err = self.squares("--throwing", "0", "--max-fails", "0%", "--count", "20000", "--nap", "500", code=1)
        self.assertLess(self.query("select count(*) from results")[0][0], 5000)
        self.assertIn("squares: stopped after too many failures".replace("squares", "rankpool"), err)

    def test_limit_and_shuffle(self):
        out, _ = self.squares("--limit", "10", "--shuffle")
        self.assertEqual(out, f"10 squares, sum {sum(i * i for i in range(10))}\n")
        self.assertNotEqual(self.query("select task from attempts order by rowid"), [(i,) for i in range(10)])

    def test_export(self):
        self.squares("--count", "3", "--throwing", "1", code=1)
        self.assertEqual(
            self.succeed("export", self.run_dir),
            'task,label,number,result_number,root,divisors\n0,n,0,0,0.5,"[1,0]"\n2,n,2,4,0.5,"[1,2]"\n',
        )
        self.assertEqual(
            [json.loads(line) for line in self.succeed("export", self.run_dir, "--format", "jsonl").splitlines()][1],
            {"task": 2, "label": "n", "number": 2, "result_number": 4, "root": 0.5, "divisors": "[1,2]"},
        )
        self.assertEqual(
            self.succeed("export", self.run_dir, "--failed"),
            "task,outcome,error,attempts,label,number\n1,failed,std::domain_error: no square for this one,1,n,1\n",
        )
        target = self.folder / "out.csv"
        self.succeed("export", self.run_dir, "--output", target)
        self.assertEqual(len(target.read_text().splitlines()), 3)
        text = self.fail_with(2, "export", self.run_dir, "--output", self.folder / "no" / "out.csv")
        self.assertIn("No such file or directory", text)
        text = self.fail_with(2, "export", self.folder)
        self.assertIn("there is no results.sqlite in it", text)

    def test_options_as_a_file(self):
        toml = self.succeed("run", "squares", "--count", "7", "--retries", "3", "--dump-config")
        self.assertIn('count = "7"\n', toml)
        config = self.write("run.toml", toml)
        out, _ = self.squares("--config", config)
        self.assertEqual(out, "7 squares, sum 91\n")
        self.run_dir = self.folder / "other"
        self.assertEqual(self.squares(f"--config={config}", "--count", "3")[0], "3 squares, sum 5\n")
        self.assertEqual(json.loads(self.query("select options from sessions")[0][0])["--retries"], "3")
        text = self.fail_with(2, "run", "squares", "--config", self.folder / "gone.toml")
        self.assertIn("gone.toml", text)
        text = self.fail_with(2, "run", "squares", "--config", self.write("bad.toml", "colour = 3\n"))
        self.assertIn("colour", text)

    def test_dry_run_leaves_nothing(self):
        done = self.succeed("run", "squares", "--dry-run", "--run-dir", self.run_dir)
        self.assertIn("100 of 100 numbers would run; 0 are done already", done)
        self.assertFalse(self.run_dir.exists())

    def test_a_worker_and_its_successor_are_one_line_of_the_report(self):
        self.squares("--crashing", "17", "--count", "400", "--nap", "2000", code=1)
        page = (self.run_dir / "report.html").read_text()
        self.assertLessEqual(page.count(">rank 0<") + page.count(">rank 1<"), 2)
        shares = page[page.index("Where the workers' time went") : page.index("<h3>Machines")]
        self.assertAlmostEqual(sum(map(float, re.findall(r">([0-9.]+) %<", shares))), 100, delta=0.5)
        [(pids,)] = self.query("select count(*) from attempts where pid = 0")
        self.assertEqual(pids, 0)

    def test_workers_that_are_bound_say_so(self):
        # mpirun leaves the ranks unbound here, so that each has half of the cores.
        enough = len(os.sched_getaffinity(0)) >= 2
        self.squares("--count", "20", "--bind", "auto")
        bound = {processor for processor, in self.query("select processor from attempts")}
        self.assertEqual(None not in bound, enough)
        self.assertLessEqual(len(bound), 2)
        self.assertEqual(", processor " in self.succeed("explain", self.run_dir, "3"), enough)
        self.assertIn(">Bound<", (self.run_dir / "report.html").read_text())
        self.run_dir = self.folder / "free"
        self.squares("--count", "20", "--bind", "none")
        self.assertEqual(self.query("select processor from attempts where processor is not null"), [])

    def test_the_report_is_one_page(self):
        _, err = self.squares("--throwing", "13", code=1)
        page = (self.run_dir / "report.html").read_text()
        self.assertIn("no square for this one", page)
        [wall] = re.findall(r" of 100 in (.*) on 2 workers", err[-1])
        self.assertIn(f"<b>{wall}</b>wall time", page)
        self.assertIn(f"\non 2 workers, for {wall}\n", self.succeed("status", self.run_dir))
        self.assertNotRegex(page, r"(?i)(src|href)=|@import|url\(")
        self.assertGreaterEqual(page.count("<svg"), 3)
        shares = page[page.index("Where the workers' time went") : page.index("<h3>Machines")]
        self.assertAlmostEqual(sum(map(float, re.findall(r">([0-9.]+) %<", shares))), 100, delta=0.5)
        self.assertRegex(shares, r"serialising\)</td><td class=\"n\">[1-9]")
        [machine] = re.findall(r"<tr><td>[^<]+</td>((?:<td class=\"n\">[^<]*</td>){9})</tr>", page)
        cells = re.findall(r">([^<]*)</td>", machine)
        # Although one rank may have done it all.
        self.assertEqual((cells[:2], cells[3], cells[6:8]), (["2", "2"], "100", ["1", "0"]))
        (self.run_dir / "report.html").unlink()
        self.assertEqual(self.succeed("report", self.run_dir).strip(), str(self.run_dir / "report.html"))
        self.assertEqual((self.run_dir / "report.html").read_text(), page)


if __name__ == "__main__":
    runs.main()
