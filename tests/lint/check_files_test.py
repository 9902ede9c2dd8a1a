#!/usr/bin/env python3
"""That check_files.py finds what it should, and nothing else."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import check_files


class CheckFilesTest(unittest.TestCase):
    def test_finds(self):
        for text in (
            "if (fs::exists(path)) go();",
            "std::filesystem::create_directories(file.parent_path());",
            "for (auto const& entry : fs::directory_iterator(folder)) {}",
            "fs::directory_iterator at{folder};",
            "auto at = fs::weakly_canonical(a / (b + c));",
            "fs::rename(a, b);",
            "std::ofstream{file} << text;",
            'std::FILE* out = std::fopen(name, "w");',
            "MPI_Test(&request, &done, MPI_STATUS_IGNORE);",
        ):
            self.assertEqual(len(list(check_files.problems(text))), 1, text)

    def test_lets_pass(self):
        for text in (
            "if (fs::exists(path, ignored)) go();",
            "std::filesystem::create_directories(file.parent_path(), error);",
            "for (fs::directory_iterator at{name, error}, end; at != end; at.increment(error)) {}",
            "fs::path const path = a / b; // fs::exists(path)",
            "return std::distance(fs::directory_iterator{}, end);",
            "std::ifstream in{file};",
            'mpi_call("MPI_Test", MPI_Test, &request, &done, MPI_STATUS_IGNORE);',
            "if (mpi_) MPI_Abort(mpi_->messages, exit_code);",
        ):
            self.assertEqual(list(check_files.problems(text)), [], text)


if __name__ == "__main__":
    unittest.main()
