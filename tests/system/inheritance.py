"""What a program's processes inherit from how it was started, and what they leave of it."""

import os
import re
import signal
import subprocess
import unittest

import job
import program

ALL = (None, 1, 2, 4)
OWN = {signal.SIGUSR1, signal.SIGUSR2}


def run(way, ranks=None, shell=None, **options):
    """Starts the program to its end; `shell` is what a shell does before, as the closing of descriptors."""
    words = program.command(way, ranks=ranks)
    if shell:
        words = ["sh", "-c", shell, "sh", *words]
    environment = {**os.environ, **options.pop("env", {})}
    return subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment, check=False, **options)


def ignoring(*numbers):
    """To be done in the child before the program starts."""

    def prepare():
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN if number in numbers else signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    return prepare


class Signals(job.JobTest):
    def ignored(self, *numbers):
        done = run("signals", preexec_fn=ignoring(*numbers), restore_signals=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = dict(line.split(" ", 1) for line in done.stdout.splitlines() if not line.endswith("before"))
        return {who: {int(number) for number in text.split()} for who, text in lines.items()}

    def test_what_is_ignored_stays_so_and_nothing_else_is(self):
        for numbers in [(), (signal.SIGHUP,), (signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT), (signal.SIGTERM, signal.SIGUSR1, signal.SIGXFSZ)]:
            with self.subTest(numbers=numbers):
                # Python itself begins with some that it ignores.
                found = self.ignored(*numbers)
                for who in "main", "process":
                    self.assertEqual(found[who], set(numbers), who)
                self.assertEqual(found["task"], set(numbers) | OWN)

    def test_an_ignored_end_of_children_does_no_harm(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                done = run("children", ranks, preexec_fn=ignoring(signal.SIGCHLD))
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def hang_up(self, prepare):
        environment = {**os.environ, job.MARK: "", "RANKPOOL_TEST_FOLDER": str(self.folder)}
        child = subprocess.Popen(
            [program.PROGRAM, "wait"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            preexec_fn=prepare,
            start_new_session=True,
        )
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        while not child.stdout.readline().startswith("ready"):
            self.assertIsNone(child.poll())
        os.killpg(child.pid, signal.SIGHUP)
        return child

    def test_a_terminal_that_goes_ends_the_program(self):
        child = self.hang_up(ignoring())
        self.assertEqual(child.wait(timeout=10), 128 + signal.SIGHUP)
        self.assertIn("the job was told to end (signal 1, from its launcher)", child.stderr.read())

    def test_under_nohup_it_goes_on(self):
        child = self.hang_up(ignoring(signal.SIGHUP))
        with self.assertRaises(subprocess.TimeoutExpired):
            child.wait(timeout=0.5)
        os.killpg(child.pid, signal.SIGTERM)
        self.assertEqual(child.wait(timeout=10), 128 + signal.SIGTERM)


class Descriptors(unittest.TestCase):
    def test_closed_standard_descriptors_are_nobody_elses(self):
        for closed in "0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-":
            with self.subTest(closed=closed):
                self.assertEqual(run("work", shell='"$@" ' + closed).returncode, 0)

    def test_a_limit_on_files_is_no_end(self):
        # Kilobytes, below the 256 MiB that a queue asks for.
        for limit in 100_000, 30_000:
            with self.subTest(limit=limit):
                done = run("work", shell=f'ulimit -f {2 * limit} && exec "$@"')
                self.assertEqual((done.returncode, done.stderr), (0, ""))


class Ends(program.ProgramTest):
    def notes(self, way, ranks):
        file = self.folder / "notes"
        file.unlink(missing_ok=True)
        done = run(way, ranks, env={"RANKPOOL_TEST_NOTES": str(file), "RANKPOOL_TEST_FOLDER": str(self.folder)})
        self.assertEqual(done.returncode, 0, done.stderr)
        return file.read_text(encoding="utf-8").splitlines()

    def test_what_was_registered_before_runs_once_per_rank_and_at_the_end(self):
        for ranks in ALL:
            for way in "exits", "forks":
                with self.subTest(ranks=ranks, way=way):
                    notes = self.notes(way, ranks)
                    own = ["worker", "global", "process", "main ends"] if way == "exits" else []
                    self.assertEqual(sorted(notes), sorted(own + (ranks or 1) * ["after run", "registered before", "global"]))
                    if own:
                        self.assertEqual(notes[: len(own)][-1], "main ends")

    def test_what_is_printed_arrives_once(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                done = run("print", ranks)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                expected = (ranks or 1) * ["before", "stream before"] + ["main", "process"]
                expected += [f"{what} {x}" for what in ("task", "stream") for x in range(100)]
                self.assertEqual(sorted(done.stdout.splitlines()), sorted(expected))

    def test_lines_arrive_whole_and_tagged_if_asked(self):
        short = lambda word: word if " " in word else f"{len(word)} {''.join(sorted(set(word)))}"
        # Of several ranks mpirun passes on 4096 bytes at a time, whatever they end with.
        words = sorted([short(3 * (200 + 10 * x) * chr(ord("a") + x % 26)) for x in range(100)] + ["the end"])
        for ranks in None, 1:
            with self.subTest(ranks=ranks):
                lines = [line for line in run("pieces", ranks).stdout.splitlines() if not line.endswith("before")]
                self.assertEqual(sorted(map(short, lines)), words)
                done = run("tagged", ranks)
                tag = r"\[rank [0-7] pid \d+(?: task (\d+))?\] "
                lines = [line for line in done.stdout.splitlines() if not line.endswith("before")]
                lines = [re.fullmatch(tag + r"([a-z]+|the end)", line).groups() for line in lines]
                self.assertEqual(sorted(short(word) for _, word in lines), words)
                for task, word in lines:
                    # The line without an end ends with its process.
                    self.assertEqual(task, None if " " in word else str((len(word) // 3 - 200) // 10))
                lines = [re.fullmatch(tag + r"warning (\d+)", line).groups() for line in done.stderr.splitlines()]
                self.assertEqual(sorted(lines), sorted((str(x), str(x)) for x in range(0, 100, 10)))

    def test_a_logger_names_process_rank_and_task(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                lines = [
                    re.sub(r"PoolWorker-\d+ rank \d", "PoolWorker-N rank N", re.sub(r"Process-1 rank \d", "Process-1 rank N", line))
                    for line in run("logs", ranks).stderr.splitlines()
                ]
                self.assertEqual(
                    sorted(lines),
                    sorted(
                        [
                            "[INFO/MainProcess rank 0] begun",
                            "[WARNING/PoolWorker-N rank N task 0] two\\nlines",
                            "[ERROR/PoolWorker-N rank N task 0] after",
                            "[WARNING/PoolWorker-N rank N task 1] two\\nlines",
                            "[INFO/Process-1 rank N] here",
                        ]
                    ),
                )

    def test_what_cannot_be_printed_is_told(self):
        done = run("print", shell='exec "$@" > /dev/full')
        self.assertRegex(done.stderr, r"has printed \((No space left on device|part of it was refused)\)\. Is there room for it\?\n")
        done = run("print", shell='"$@" | true')
        self.assertNotIn("has printed", done.stderr)

    def test_a_second_run_is_refused(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                done = run("twice", ranks)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stderr.count("rankpool::run has been called before"), 1)
        done = run("nested_run")
        self.assertEqual((done.returncode, done.stdout.count("has been called before")), (0, 1), done.stderr)


class Surroundings(program.ProgramTest):
    def test_workers_are_where_their_maker_was(self):
        for ranks in ALL:
            with self.subTest(ranks=ranks):
                done = run("surroundings", ranks, env={"CHANGED": "before", "REMOVED": "before"})
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_directory_without_a_name_is_left_alone(self):
        done = run("nowhere", env={"RANKPOOL_TEST_FOLDER": str(self.folder)})
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    job.main()
