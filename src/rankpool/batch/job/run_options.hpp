// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/option_set.hpp"
#include "rankpool/batch/job/run_settings.hpp"

#include <string>

namespace rankpool::batch {

/// Where the run options of the command line go.
struct RunOptions {
    RunSettings settings;
    std::string workers;
    std::string progress = "auto";
    bool dump_config = false;

    /// Declares them on a command; those of recorded runs only where it is one.
    void declare(OptionSet& options, bool recorded);
    /// To be called after parsing, in the process that mpirun started; one that nobody started with others
    /// has workers for all cores, unless it is a task itself.
    void settle();
};

}  // namespace rankpool::batch
