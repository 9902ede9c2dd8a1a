"""What commands have for themselves: cores, memory, GPUs and named limits."""

import itertools
import json
import os
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program

CORES = sorted(os.sched_getaffinity(0))


class ExecNeedsCli(program.ProgramTest):
    def setUp(self):
        super().setUp()
        self.run_dir = self.folder / "run"

    def exec(self, *words, ranks=None, code=0, **how):
        """What a run prints."""
        done = program.run("exec", "--progress", "none", "--run-dir", self.run_dir, *words, ranks=ranks, **how)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.decode()

    def refuse(self, *words, **how):
        """Why it is not begun."""
        text = self.fail_with(2, "exec", "--progress", "none", "--run-dir", self.run_dir, *words, **how)
        self.assertFalse(self.run_dir.exists())
        return text

    def counted(self, script):
        """The script, saying when it has what it needs, and when no longer."""
        return f"echo + >>{self.folder}/held; {script}; echo - >>{self.folder}/held"

    def most_counted(self):
        """At once, since this was asked last."""
        held = self.folder / "held"
        now = list(itertools.accumulate(1 if line == "+" else -1 for line in held.read_text().split()))
        held.unlink()
        self.assertEqual(now[-1], 0)
        return max(now)

    def most_at_once(self, slack):
        """Of the tasks of the run; a task's time ends after it has given back what it had, by less than `slack` seconds."""
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            spans = database.execute("select started, started + seconds from attempts where outcome != 'lost'").fetchall()
        return max(sum(begin <= start < end - slack for begin, end in spans) for start, _ in spans)

    def test_cores_are_its_own(self):
        script = "echo $(nproc) $OMP_NUM_THREADS $RAYON_NUM_THREADS; taskset -cp $$ >>cores; sleep 0.05"
        for ranks, workers in (None, "4"), (2, "2"):
            self.run_dir = self.folder / f"run{ranks}"
            words = ["--workers-per-rank", workers, "--cwd", self.folder, "--cpus", "1", "--", "sh", "-c", self.counted(script), ":::", "1-12"]
            self.assertEqual(self.exec(*words, ranks=ranks), "1 1 1\n" * 12)
            self.assertLessEqual(self.most_counted(), len(CORES))
        used = {line.split(":")[1].strip() for line in (self.folder / "cores").read_text().splitlines()}
        self.assertEqual(used, {str(core) for core in CORES})
        self.run_dir = self.folder / "all"
        words = ["--workers-per-rank", "3", "--env", "MKL_NUM_THREADS=9", "--cpus", "{}", "--"]
        script = "echo $(env -u OMP_NUM_THREADS nproc) $OMP_NUM_THREADS $MKL_NUM_THREADS; sleep 0.05"
        out = self.exec(*words, "sh", "-c", script, ":::", str(len(CORES)), "1", str(len(CORES)), env={"OMP_NUM_THREADS": "7"})
        self.assertEqual(out, f"{len(CORES)} 7 9\n1 7 9\n{len(CORES)} 7 9\n")

    def test_memory_and_named_limits_hold_over_all_ranks(self):
        with open("/proc/meminfo", encoding="ascii") as lines:
            whole = int(lines.readline().split()[1])
        self.exec("--memory", f"{whole // 5 * 2}k", "--", "sh", "-c", self.counted("sleep 0.1{}"), ":::", "1-6", ranks=4)
        self.assertEqual(self.most_counted(), 2)
        self.run_dir = self.folder / "limited"
        self.exec("--limit-to", "licence=2", "--limit-to", "disk=3", "--", "sh", "-c", self.counted("sleep 0.1{}"), ":::", "1-6", ranks=4)
        self.assertEqual(self.most_counted(), 2)

    def test_status_tells_who_has_a_named_limit(self):
        words = ["--limit-to", "licence=1", "--", "sh", "-c", "sleep 3", ":::", "1-2"]
        command = program.command("exec", "--progress", "none", "--run-dir", self.run_dir, *words, ranks=2)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
            end = time.monotonic() + 20
            held = []
            while len(held) < 2 and time.monotonic() < end:
                time.sleep(0.1)
                done = program.run("status", self.run_dir, "--output-mode", "json")
                held = json.loads(done.stdout).get("held", []) if done.returncode == 0 else []
            self.assertEqual(running.wait(60), 0)
        self.assertEqual(sorted(one["waits"] for one in held), [False, True])
        self.assertEqual(len({one["object"] for one in held}), 1)
        self.assertEqual(len({one["rank"] for one in held}), 2)
        self.assertTrue(all(0 <= one["seconds"] < 20 for one in held))
        self.assertEqual(json.loads(program.run("status", self.run_dir, "--output-mode", "json").stdout).get("held", []), [])

    def test_gpus_are_told(self):
        env = {"CUDA_VISIBLE_DEVICES": "5,GPU-a"}
        out = self.exec("--gpus", "0.5", "--workers-per-rank", "4", "--", "sh", "-c", "echo $CUDA_VISIBLE_DEVICES; sleep 0.3", ":::", "1-4", env=env)
        self.assertEqual(sorted(out.split()), ["5", "5", "GPU-a", "GPU-a"])
        self.run_dir = self.folder / "two"
        self.assertEqual(self.exec("--gpus", "2", "--", "sh", "-c", "echo $ROCR_VISIBLE_DEVICES", ":::", "1", env=env), "5,GPU-a\n")

    def test_lines_of_commands_ask_for_themselves(self):
        line = 'echo $(nproc) "$OMP_NUM_THREADS"'
        commands = self.write("commands", f"{line} #RANKPOOL --cpus {len(CORES)}\n{line}\nsleep 9 #RANKPOOL --timeout=0.2s\necho '#RANKPOOLS --x'\n")
        self.assertEqual(self.exec("--commands", commands, ranks=2, code=1), f"{len(CORES)} {len(CORES)}\n1 1\n#RANKPOOLS --x\n")
        self.run_dir = self.folder / "wrong"
        commands.write_text("true\ntrue #RANKPOOL --cpu 2\n")
        self.assertIn("commands, line 2: cannot understand --cpu after #RANKPOOL", self.refuse("--commands", commands))

    def test_what_had_too_little_memory_gets_more(self):
        script = "import sys, time; x = bytearray(int(sys.argv[1]) * 2**20); time.sleep(0.3)"
        words = ["--memory-limit", "100M", "--memory", "100M", "--retries", "2", "--retry", "oom", "--", "python3", "-c", script]
        self.exec(*words, ":::", "10", "120", ranks=2)
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            tries = database.execute("select task, attempt, cause from attempts order by task, attempt").fetchall()
        self.assertEqual(tries, [(0, 1, None), (1, 1, "memory"), (1, 2, None)])

    def test_memory_is_learned(self):
        """Two of three fit into what Slurm has granted."""
        script = "import time; x = b'1' * (60 * 2**20); time.sleep(1.5)"
        words = ["--workers-per-rank", "3", "--", "python3", "-c", script, "{}", ":::", "1-6"]
        env = {"SLURM_MEM_PER_NODE": "200"}
        self.exec(*words, env=env)
        with sqlite3.connect(self.run_dir / "results.sqlite") as database:
            spans = database.execute("select started, started + seconds from attempts order by started").fetchall()
            (peak,) = database.execute("select max(peak_memory) from attempts").fetchone()
        self.assertGreater(peak, 60 * 2**20)
        # Of the first three nothing was known.
        last = max(end for _, end in spans[:3])
        slack = 0.5
        for start, _ in spans:
            self.assertLessEqual(sum(begin <= start < end - slack for begin, end in spans), 2 if start > last else 3)
        # A run like one before begins with what that has shown.
        for _ in range(2):
            done = program.run("exec", "--progress", "none", *words, cwd=self.folder, env=env)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.run_dir = self.folder / "runs" / "latest"
        self.assertEqual(self.most_at_once(slack), 2)

    def test_commands_that_the_system_has_ended_for_memory_get_more(self):
        if program.is_sanitized():
            self.skipTest("the program itself takes more memory with AddressSanitizer")
        group = self.memory_group(150)
        # The second comes when the first has what it needs, which stays for longer than tries take.
        script = "import sys, time; n = int(sys.argv[1]); time.sleep(n * 0.4); x = bytearray(b'1' * (60 * 2**20)); time.sleep(3 - 3 * n)"
        for limit in [], ["--memory-limit", "140M"]:
            with self.subTest(limit):
                self.run_dir = self.folder / f"run{len(limit)}"
                words = ["--workers-per-rank", "2", "--retries", "3", "--retry", "oom", *limit, "--", "python3", "-c", script, "{}", ":::", "0-1"]
                self.run_in(group, words)
                with sqlite3.connect(self.run_dir / "results.sqlite") as database:
                    causes = database.execute("select distinct cause, signal from attempts where outcome = 'failed'").fetchall()
                self.assertEqual(causes, [("memory", 9)])

    def run_in(self, group, words):
        enter = f'echo $$ > {group}/cgroup.procs; exec "$@"'
        command = program.command("exec", "--progress", "none", "--run-dir", self.run_dir, *words)
        done = subprocess.run(["sh", "-c", enter, "sh", *command], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    @staticmethod
    def remove_group(folder):
        """The kernel holds it for a moment after the last process of it has ended."""
        end = time.monotonic() + 5
        while True:
            try:
                return os.rmdir(folder)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def memory_group(self, mebibytes):
        """A cgroup with so much memory, where this user may make one and nothing is swapped out instead."""
        with open("/proc/swaps", encoding="utf-8") as swaps:
            if len(swaps.readlines()) > 1:
                self.skipTest("this machine swaps")
        for root, limit in ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"):
            folder = f"{root}/rankpool-test-{os.getpid()}"
            try:
                os.mkdir(folder)
            except OSError:
                continue
            self.addCleanup(self.remove_group, folder)
            try:
                with open(f"{folder}/{limit}", "w", encoding="utf-8") as file:
                    file.write(str(mebibytes * 2**20))
            except OSError:
                continue
            if subprocess.run(["sh", "-c", f"echo $$ > {folder}/cgroup.procs"], capture_output=True, check=False).returncode == 0:
                return folder
        self.skipTest("this user may not make a cgroup with a limit of memory")

    def test_a_dry_run_says_what_it_expects(self):
        def dry(*words):
            return program.run("exec", "--dry-run", *words, "--", "sh", "-c", "sleep 0.2", ":::", "1-8", cwd=self.folder, ranks=2).stderr.decode()

        self.assertNotIn("would take", dry())
        program.run("exec", "--", "sh", "-c", "sleep 0.2", ":::", "1-2", cwd=self.folder)
        self.assertRegex(
            dry(),
            r"8 of 8 rows would run; .*\nit would take about (8\d\d ms|9\d\d ms|1\.\d s) on 2 workers: 2\d\d ms each by 2 of runs/exec-.*, with up to .* of memory\n",
        )
        self.assertRegex(dry("--cpus", str(len(CORES))), r"it would take about (1\.[6-9]|2\.\d) s on 2 workers")

    def test_mpi_programs_have_ranks(self):
        script = 'echo "$OMPI_COMM_WORLD_SIZE {}" >>ranks'
        self.exec("--ranks", "{}", "--cwd", self.folder, "--", "sh", "-c", self.counted(script), ":::", "1", str(len(CORES)), ranks=2)
        lines = sorted((self.folder / "ranks").read_text().splitlines())
        self.assertEqual(lines, sorted(["1 1"] + [f"{len(CORES)} {len(CORES)}"] * len(CORES)))
        # Of the ranks of both rows.
        self.assertLessEqual(self.most_counted(), len(CORES))
        self.run_dir = self.folder / "failed"
        self.exec("--ranks", "2", "--cpus", "1", "--", "sh", "-c", "exit 3", ":::", "1", code=1)
        self.run_dir = self.folder / "wrong"
        self.assertIn("cannot take --ranks x (it is no whole", self.refuse("--ranks", "x", "--", "true", ":::", "1"))

    def test_what_a_killed_worker_had_comes_back(self):
        script = "echo; [ {} != 1 ] || [ $RANKPOOL_ATTEMPT = 2 ] || { kill -9 $PPID; sleep 60; }; " + self.counted("sleep 0.05")
        words = ["--cpus", str(len(CORES)), "--limit-to", "one=1", "--retries", "1", "--", "sh", "-c", script, ":::", "1-6"]
        self.exec(*words, ranks=2)
        self.assertEqual(self.most_counted(), 1)
        self.assertEqual([path.name for path in self.run_dir.iterdir() if path.name.startswith(".")], [])

    def test_what_no_node_has_is_refused_before_anything_starts(self):
        words = ["--", "true", ":::", "1", str(len(CORES) + 1)]
        self.assertIn(f"row 2: cannot run the command (it needs {len(CORES) + 1} cores, of which", self.refuse("--cpus", "{}", *words))
        self.assertIn("of memory, of which this node has", self.refuse("--memory", "900T", *words))
        self.assertIn("it needs 3 GPUs", self.refuse("--gpus", "3", *words, env={"CUDA_VISIBLE_DEVICES": "0,1"}))
        for option, value in ("--cpus", "0"), ("--cpus", "1.5"), ("--gpus", "1.5"), ("--memory", "x"):
            self.assertIn(f"cannot take {option} {value} (it is", self.refuse(option, value, *words))
        self.assertIn("no limit, such as licence=4", self.refuse("--limit-to", "licence", *words))


if __name__ == "__main__":
    program.main()
