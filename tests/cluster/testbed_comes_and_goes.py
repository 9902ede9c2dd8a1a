"""cluster/testbed itself: it comes, goes and leaves no trace, mends what is broken, and says why it cannot run."""

import glob
import os
import re
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import testbed

import job


DAEMONS = {"slurmctld", "slurmd", "slurmstepd", "munged", "unshare", "machine"}
# In folders that others use too, MPI programs among them, the names that Slurm and the cluster give.
FILES = re.compile("slurm|munge|spmix|testbed")
FOLDERS = ["/run", "/run/lock", "/run/netns", "/tmp", "/dev/shm", "/var/spool", "/var/log", "/etc/munge", "/etc/slurm"]


def traces():
    """What a cluster would leave on a machine."""
    namespaces, daemons = set(), set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            process = job.Process(int(name))
            if process.state == "Z":
                continue
            namespaces.update(os.readlink(link) for link in glob.glob(f"/proc/{name}/ns/*"))
            if Path(f"/proc/{name}/comm").read_text(encoding="utf-8").strip() in DAEMONS:
                daemons.add(name)
        except OSError:
            pass
    links = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout
    return {
        "namespaces": namespaces,
        "processes": daemons,
        "network": {line.split()[0] for line in links.splitlines()},
        "mounts": set(Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()),
        "files": {file for folder in FOLDERS for file in glob.glob(f"{folder}/*") if FILES.search(file)},
    }


class TestbedComesAndGoes(unittest.TestCase):
    def setUp(self):
        testbed.must("down")
        self.addCleanup(testbed.must, "down")

    def check_works(self):
        hosts = testbed.must("run", "srun", "--nodes=4", "hostname").split()
        self.assertEqual(sorted(hosts), testbed.NODES)

    def holders(self):
        return {Path(f).name: Path(f).read_text(encoding="utf-8") for f in glob.glob("/run/rankpool-testbed-*/*.pid")}

    def test_it_leaves_no_trace(self):
        before = traces()
        for _ in range(2):
            begin = time.monotonic()
            testbed.must("up")
            print(f"up in {time.monotonic() - begin:.2f} s")
            self.assertLess(time.monotonic() - begin, 30)
            self.check_works()
            during = traces()
            self.assertGreaterEqual(len(during["namespaces"] - before["namespaces"]), 25)
            testbed.must("down")
            left = lambda: {what: found - before[what] for what, found in traces().items() if found - before[what]}
            job.wait_until(lambda: not left(), 3, f"no trace; now {left()}")

    def test_up_and_down_twice_are_harmless(self):
        testbed.must("up")
        before = self.holders()
        testbed.must("up")
        self.assertEqual(self.holders(), before)
        self.check_works()
        testbed.must("down")
        testbed.must("down")

    def test_each_node_is_a_machine_of_its_own(self):
        testbed.must("up")
        kinds = ["net", "uts", "mnt", "ipc", "pid"]
        seen = set()
        for node in testbed.NODES:
            self.assertEqual(testbed.must("on", node, "hostname").strip(), node)
            self.assertEqual(testbed.must("on", node, "ls", "/dev/shm"), "")
            testbed.must("on", node, "touch", "/dev/shm/here", "/tmp/here")
            seen.update(testbed.must("on", node, "readlink", *(f"/proc/self/ns/{kind}" for kind in kinds)).split())
            self.assertEqual(testbed.must("on", node, "cat", testbed.PROJECT / "LICENSE"), (testbed.PROJECT / "LICENSE").read_text())
        seen.update(os.readlink(f"/proc/self/ns/{kind}") for kind in kinds)
        self.assertEqual(len(seen), 5 * len(kinds))

    def test_what_is_left_of_a_broken_cluster_is_cleared_up(self):
        testbed.must("up")
        os.kill(int(next(pid for name, pid in self.holders().items() if name == "controller.pid")), 9)
        job.wait_until(lambda: testbed.call("run", "true").returncode != 0, 10, "the controller is gone")
        testbed.must("up")
        self.check_works()
        state = glob.glob("/run/rankpool-testbed-*")[0]
        # Its daemons live, and may write there meanwhile.
        job.wait_until(lambda: subprocess.run(["rm", "-rf", state], check=False).returncode == 0, 10, "what the cluster had is removed")
        testbed.must("up")
        self.check_works()

    def test_a_killed_node_comes_back(self):
        testbed.must("up")
        testbed.must("kill-node", "n2")
        self.assertNotEqual(testbed.call("on", "n2", "true").returncode, 0)
        self.assertIn("n2 is not up", testbed.call("on", "n2", "true").stderr)
        testbed.must("start-node", "n2")
        self.check_works()
        testbed.must("kill-node", "n4")
        testbed.must("up")
        self.check_works()

    def test_it_has_as_many_nodes_as_are_asked_for(self):
        testbed.must("up", "--nodes", 12, "--cores", 3)
        said = testbed.must("run", "srun", "--nodes=12", "--ntasks-per-node=3", "hostname").split()
        self.assertEqual({node: said.count(node) for node in said}, {f"n{i}": 3 for i in range(1, 13)})
        # A node asks the network for none: the system keeps no more than 1024 answers, those of all nodes together.
        known = testbed.must("on", "n12", "ip", "neigh", "show").splitlines()
        self.assertEqual([line.split()[-1] for line in known], ["PERMANENT"] * 12)
        other = testbed.call("up", "--nodes", 5)
        self.assertEqual((other.returncode, other.stdout), (1, ""))
        self.assertIn("it is up with 12 nodes of 3 cores", other.stderr)
        # Without a word about it, it stays as it is.
        testbed.must("kill-node", "n12")
        testbed.must("up")
        self.assertEqual(testbed.must("on", "n12", "hostname").strip(), "n12")

    def test_several_are_beside_each_other(self):
        testbed.must("up")
        other = [testbed.TESTBED, "--name", "another one"]
        self.addCleanup(subprocess.run, [*other, "down"], check=True)
        subprocess.run([*other, "up"], check=True)
        testbed.must("on", "n1", "touch", "/tmp/here")
        seen = subprocess.run([*other, "on", "n1", "ls", "/tmp"], check=True, capture_output=True, text=True)
        self.assertEqual(seen.stdout, "")
        subprocess.run([*other, "down"], check=True)
        self.check_works()

    def test_wrong_words_are_told(self):
        for words, text in [
            (["up", "--nodes"], "'' is no number of nodes from 1 to 200"),
            (["up", "--cores", "201"], "'201' is no number of cores"),
            (["up", "--hosts", "3"], "up has no option '--hosts'"),
            (["dance"], "no command 'dance'"),
            (["kill-node"], "no node ''"),
            (["start-node", "n5"], "no node 'n5'"),
            (["on", "controllers", "true"], "no node 'controllers'"),
            (["run", "true"], "controller is not up"),
            (["kill-node", "n1"], "n1 is not up"),
        ]:
            with self.subTest(words):
                done = testbed.call(*words)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(text, done.stderr)
        self.assertIn("kill-node n2", testbed.call("--help").stdout)

    def test_it_says_why_it_cannot_run(self):
        def nobody():
            os.setgid(65534)
            os.setuid(65534)

        with tempfile.TemporaryDirectory() as folder:
            # Without a package, as dpkg-query sees it.
            query = Path(folder, "dpkg-query")
            query.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
            query.chmod(0o755)
            bare = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
            for text, options in [
                ("need root", {"preexec_fn": nobody, "cwd": "/"}),
                ("apt-get install -y --no-install-recommends slurm-wlm munge iproute2", {"env": bare}),
            ]:
                with self.subTest(text):
                    done = testbed.call("up", **options)
                    self.assertEqual((done.returncode, done.stdout), (testbed.CANNOT, ""), done.stderr)
                    self.assertIn(text, done.stderr)


if __name__ == "__main__":
    testbed.main()
