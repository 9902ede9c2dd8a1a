// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

/// Keeps a core busy for that many steps, each of which needs the one before; its time is proportional to
/// their number. In a shared library of its own, so that all peers run the same machine code.
extern "C" std::uint64_t uneven_work(std::uint64_t steps);

namespace benchmark {

/// The steps of each task, from a file with one number on each line.
inline std::vector<std::uint64_t> read_tasks(std::string const& file) {
    std::ifstream in(file);
    std::vector<std::uint64_t> tasks;
    for (std::uint64_t steps = 0; in >> steps;) tasks.push_back(steps);
    if (tasks.empty()) throw std::runtime_error(file + " has no tasks");
    return tasks;
}

}  // namespace benchmark
