"""The job frames: all frames, in order, from and to anywhere, in bounded memory."""

import gzip
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import program
import y4m


class FramesCli(program.ProgramTest):
    def test_grey_from_file_to_file(self):
        source, target = self.write("in.y4m", y4m.video(36, 20, 50)), self.folder / "out.y4m"
        for ranks in None, 1, 2, 4:
            with self.subTest(ranks=ranks):
                self.succeed("run", "frames", "--input", source, "--output", target, "--filter", "grey", ranks=ranks)
                before, after = (y4m.frames_of(file.read_bytes(), 36 * 20 * 3 // 2) for file in (source, target))
                self.assertEqual(after, [frame[:720] + b"\x80" * 360 for frame in before])

    def test_from_stdin_to_stdout(self):
        stream = y4m.video(16, 16, 30, colour="mono")
        done = program.run("run", "frames", "--filter", "grey", "--progress", "none", ranks=2, stdin=stream)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, stream)
        self.assertEqual(done.stderr, b"30 frames\n")

    def test_no_frames(self):
        done = program.run("run", "frames", stdin=y4m.video(4, 4, 0))
        self.assertEqual((done.returncode, done.stdout), (0, y4m.video(4, 4, 0)))

    def test_a_stream_that_breaks_off(self):
        stream = y4m.video(16, 16, 5)
        source, target = self.write("in.y4m", stream[:-1]), self.folder / "out.y4m"
        text = self.fail_with(2, "run", "frames", "--input", source, "--output", target, ranks=2)
        self.assertIn("it ends within frame 5", text)
        self.assertIn("The 4 whole frames before that are written", text)
        self.assertEqual(len(y4m.frames_of(target.read_bytes(), 384)), 4)
        os.remove(target)
        self.fail_with(2, "run", "frames", "--input", self.write("in.y4m", stream[:100]), "--output", target)
        self.assertEqual(os.listdir(self.folder), ["in.y4m"])

    def test_parameters_of_frames_stay(self):
        """Also where the video is packed."""
        stream = b"YUV4MPEG2 W4 H2 F25:1 Im Cmono16 XNOTE\n" + b"FRAME I1pp Xnote\n0123456789abcdef" * 3
        done = program.run("run", "frames", "--progress", "none", ranks=2, stdin=gzip.compress(stream))
        self.assertEqual((done.returncode, done.stdout), (0, stream), done.stderr)

    def test_memory_does_not_grow_with_the_length(self):
        """400 MB in and out, of which no process holds more than a window."""
        one = y4m.video(640, 426, 1)
        head, _, frame = one.partition(b"\n")
        child = subprocess.Popen(
            program.command("run", "frames", "--filter", "blur", "--progress", "none", ranks=2),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "FRAMES_MARK": str(os.getpid())},
        )

        def feed():
            with child.stdin as pipe:
                pipe.write(head + b"\n")
                for _ in range(1000):
                    pipe.write(frame)

        threading.Thread(target=feed, daemon=True).start()
        received, peak = 0, 0
        while piece := child.stdout.read(1 << 22):
            received += len(piece)
            peak = max([peak, *peaks(f"FRAMES_MARK={os.getpid()}", program.PROGRAM)])
        self.assertEqual(child.wait(60), 0)
        child.stdout.close()
        self.assertEqual(received, len(head) + 1 + 1000 * len(frame))
        self.assertGreater(peak, 0)
        self.assertLess(peak, 200e6)


def peaks(mark, program_name):
    """The largest resident sizes of the program's processes that have the mark in their environment."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ:
                marked = mark.encode() in environ.read()
            if not marked or os.readlink(f"/proc/{pid}/exe") != os.path.realpath(program_name):
                continue
            with open(f"/proc/{pid}/status", encoding="utf-8") as status:
                yield from (int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
        except OSError:
            pass


if __name__ == "__main__":
    program.main()
