// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/run_settings.hpp"

#include <string>

namespace CLI {
class App;
}

namespace rankpool::batch {

/// Where the run options of the command line go.
struct RunOptions {
    RunSettings settings;
    std::string workers;
    std::string progress = "auto";
    bool dump_config = false;

    /// Declares them on a command; those of recorded runs only where it is one.
    void declare(CLI::App& command, bool recorded);
    /// To be called after parsing, in the process that mpirun started.
    void settle();
};

}  // namespace rankpool::batch
