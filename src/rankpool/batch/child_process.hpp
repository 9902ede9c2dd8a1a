// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rankpool::batch {

/// How a command ended, and what it wrote.
struct ChildResult {
    int wait_status = 0;
    std::string out;  ///< the first MiB
    std::string err;  ///< the last 64 KiB
    double cpu_seconds = 0;
    std::int64_t peak_memory = 0;  ///< bytes
};

/// Runs a command, looked for in PATH, to its end, without input and without the environment by which MPI
/// programs know their launcher, so that it may start one itself. Throws Error where it cannot be started.
ChildResult run_child(std::vector<std::string> const& words);

}  // namespace rankpool::batch
