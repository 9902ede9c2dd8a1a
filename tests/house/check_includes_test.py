#!/usr/bin/env python3
"""The checker finds each kind of violation, planted in a small tree of its own, and nothing else."""

import tempfile
import unittest
from pathlib import Path

from check_includes import violations

SOUND = {
    "src/rankpool/rankpool.hpp": '#include "rankpool/pool/pool.hpp"',
    "src/rankpool/core/error.hpp": "#include <string>",
    "src/rankpool/wire/codec.hpp": '#include "rankpool/core/error.hpp"\n#include <boost/serialization/access.hpp>',
    "src/rankpool/task/call.hpp": '#include "rankpool/core/error.hpp"',
    "src/rankpool/transport/world.cpp": "#include <boost/mpi.hpp>\n#include <mpi.h>",
    "src/rankpool/transport/world.hpp": "",
    "src/rankpool/supervisor/loop.cpp": '#include "rankpool/transport/world.hpp"',
    "src/rankpool/pool/pool.hpp": '#include "rankpool/task/call.hpp"',
    "src/rankpool/process/process.hpp": "",
    "src/rankpool/batch/job.hpp": '#include "rankpool/pool/pool.hpp"',
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
            "Boost.MPI in a worker": ("src/rankpool/worker/a.cpp", "  #  include <boost/mpi/communicator.hpp>"),
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
            "an unknown room": ("src/rankpool/cellar/a.cpp", "#include <vector>"),
        }
        for what, (name, text) in planted.items():
            with self.subTest(what):
                found = self.check({name: text})
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(name), found)


if __name__ == "__main__":
    unittest.main()
