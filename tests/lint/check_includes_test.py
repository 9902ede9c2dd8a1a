#!/usr/bin/env python3
"""The checker finds each kind of violation, planted in a small tree of its own, and nothing else."""

import tempfile
import unittest
from pathlib import Path

from check_includes import violations

MAP = """
| room | what | stands on |
|---|---|---|
| `core` | | the standard library |
| `wire`, `transport` | | `core` |
| `task` | | `wire` |
| `supervisor` | | `transport` |
| `pool`, `process` | | `task` |
| `run` | | `supervisor`, `pool` |
| `batch/text` | | `core` |
| `batch` | | `pool`, `batch/text` |
| `rankpool.hpp` | | `pool`, `process`, `run` |
| `app` | | `batch`, `rankpool.hpp` |
| `jobs` | | public headers |
"""
ROOMS = ("core", "wire", "transport", "task", "supervisor", "pool", "process", "run", "batch", "batch/text")
SOUND = {
    "src/rankpool/README.md": MAP,
    **{f"src/rankpool/{room}/README.md": "# a room" for room in ROOMS if room != "batch/text"},
    "src/rankpool/batch/README.md": "| `exec` | | `text`, `pool` |",
    "src/rankpool/batch/text/README.md": "",
    "src/rankpool/batch/exec/README.md": "",
    "src/rankpool/batch/text/size.hpp": '#include "rankpool/core/error.hpp"',
    "src/rankpool/batch/exec/exec.cpp": '#include "rankpool/batch/text/size.hpp"\n#include "rankpool/pool/pool.hpp"',
    "src/rankpool/rankpool.hpp": '#include "rankpool/pool/pool.hpp"',
    "src/rankpool/core/error.hpp": "#include <string>",
    "src/rankpool/wire/codec.hpp": '#include "rankpool/core/error.hpp"\n#include <boost/serialization/access.hpp>',
    "src/rankpool/task/call.hpp": '#include "rankpool/core/error.hpp"',
    "src/rankpool/transport/world.cpp": "#include <boost/mpi.hpp>\n#include <mpi.h>",
    "src/rankpool/transport/world.hpp": "",
    "src/rankpool/supervisor/loop.cpp": '#include "rankpool/transport/world.hpp"',
    "src/rankpool/pool/pool.hpp": '#include "rankpool/task/call.hpp"',
    "src/rankpool/process/process.hpp": "",
    "src/rankpool/batch/job.hpp": '#include "rankpool/pool/pool.hpp"\n#include "rankpool/batch/text/size.hpp"',
    "src/app/main.cpp": '#include "rankpool/rankpool.hpp"\n#include "rankpool/batch/job.hpp"',
    "jobs/pi.cpp": '#include "jobs/parts/block.hpp"\n#include "rankpool/rankpool.hpp"\n#include <fmt/format.h>',
    "jobs/parts/block.hpp": "#include <vector>",
}


class CheckIncludesTest(unittest.TestCase):
    def check(self, extra):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**SOUND, **extra}.items():
                file = Path(folder) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text + "\n", encoding="utf-8")
            return violations(Path(folder))[0]

    def test_a_sound_tree_has_none(self):
        self.assertEqual(self.check({}), [])

    def test_each_planted_violation_is_found(self):
        planted = {
            "a room above": ("src/rankpool/core/a.hpp", '#include "rankpool/wire/codec.hpp"'),
            "a room beside": ("src/rankpool/process/a.cpp", '#include "rankpool/pool/pool.hpp"'),
            "the other half": ("src/rankpool/pool/a.cpp", '#include "rankpool/transport/world.hpp"'),
            "MPI in a supervisor": ("src/rankpool/supervisor/a.cpp", "#include <mpi.h>"),
            "Boost.MPI in a pool": ("src/rankpool/pool/a.cpp", "  #  include <boost/mpi/communicator.hpp>"),
            "Boost in core": ("src/rankpool/core/a.cpp", "#include <boost/version.hpp>"),
            "a relative path": ("src/rankpool/wire/a.cpp", '#include "../core/error.hpp"'),
            "a path from the file": ("src/rankpool/wire/a.cpp", '#include "codec.hpp"'),
            "a file that is not there": ("src/rankpool/wire/a.cpp", '#include "rankpool/core/gone.hpp"'),
            "angle brackets": ("src/rankpool/wire/a.cpp", "#include <rankpool/core/error.hpp>"),
            "the umbrella in a room": ("src/rankpool/pool/a.cpp", '#include "rankpool/rankpool.hpp"'),
            "the rank's side in the program": ("src/app/a.cpp", '#include "rankpool/transport/world.hpp"'),
            "an inner header in a job": ("jobs/a.cpp", '#include "rankpool/pool/pool.hpp"'),
            "MPI in a job": ("jobs/a.cpp", "#include <mpi.h>"),
            "a job in a room": ("src/rankpool/batch/a.cpp", '#include "jobs/parts/block.hpp"'),
            "the rank's side in a room above run": ("src/rankpool/batch/a.cpp", '#include "rankpool/transport/world.hpp"'),
            "an unknown room": ("src/rankpool/batch/cellar/a.cpp", "#include <vector>"),
            "a nested room above": ("src/rankpool/batch/text/a.cpp", '#include "rankpool/batch/job.hpp"'),
            "a nested room beside its place": ("src/rankpool/pool/a.cpp", '#include "rankpool/batch/text/size.hpp"'),
        }
        for what, (name, text) in planted.items():
            with self.subTest(what):
                found = self.check({name: text})
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(name), found)

    def test_a_map_that_is_wrong_is_found(self):
        for what, row in {
            "no such room": "| `attic` | | `core` |",
            "a room that stands on nobody's": "| `text` | | `attic` |",
            "a circle": "| `text` | | `exec` |\n| `exec` | | `text` |",
        }.items():
            with self.subTest(what):
                self.assertTrue(self.check({"src/rankpool/batch/README.md": SOUND["src/rankpool/batch/README.md"] + "\n" + row}))

    def test_a_room_without_a_readme_and_a_hall_are_found(self):
        tree = {name: text for name, text in SOUND.items() if name != "src/rankpool/wire/README.md"}
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**tree, **{f"src/rankpool/core/file{i}.cpp": "" for i in range(21)}}.items():
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / name).write_text(text, encoding="utf-8")
            found = violations(Path(folder))[0]
        self.assertEqual([line.split(":")[0] for line in found], ["src/rankpool/core", "src/rankpool/wire"])


if __name__ == "__main__":
    unittest.main()
