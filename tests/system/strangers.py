"""Another user of the node sends to every local socket while a job starts and runs: it does not notice."""

import array
import os
import re
import socket
import time

import job

NOBODY = 65534


def spray(kind, seconds):
    """What the other user does: bytes, descriptors, memory that it cuts off later, and what it has seen sent before."""
    end = time.monotonic() + seconds
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.setblocking(False)
    memory = os.memfd_create("strangers")
    os.ftruncate(memory, 4096)
    hits = set()
    payloads = [b"", b"x", bytes(16), os.urandom(16), os.urandom(64)]
    while time.monotonic() < end:
        with open("/proc/net/unix", encoding="utf-8") as table:
            names = [line.split()[7] for line in table if len(line.split()) > 7 and line.split()[4] == "0002"]
        for name in names:
            if not re.fullmatch("@[0-9a-f]{5}", name):
                continue
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [memory]))]
            for payload in payloads:
                for _ in range(20 if kind == "flood" else 1):
                    try:
                        sender.sendmsg([payload], [] if kind == "bytes" else rights, 0, "\0" + name[1:])
                        hits.add(name)
                    except OSError:
                        pass
    os.ftruncate(memory, 0)
    sender.close()
    return len(hits)


class Stranger:
    """A process of another user that sprays, forked from this one, which has all that it needs."""

    def __init__(self, kind, seconds):
        self.end, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writing, str(spray(kind, seconds)).encode())
            os._exit(0)
        os.close(writing)

    def hits(self):
        """How many sockets it has found, when it is done."""
        text = os.read(self.end, 100)
        os.close(self.end)
        os.waitpid(self.pid, 0)
        return int(text or 0)


class Strangers(job.JobTest):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root can act as another user")

    def test_a_job_starts_and_runs_under_fire(self):
        for kind in "bytes", "descriptors", "flood":
            with self.subTest(kind=kind):
                stranger = Stranger(kind, 4)
                time.sleep(0.5)
                begin = time.monotonic()
                code, out, err = self.end(self.start("sum", ranks=2), 60)
                self.assertEqual((code, out.split()), (0, ["332833500"]), err)
                self.assertEqual(err, "")
                self.assertLess(time.monotonic() - begin, 45)
                # A test in which nobody was shot at would show nothing.
                self.assertGreater(stranger.hits(), 0)


if __name__ == "__main__":
    job.main()
