// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/run_record.hpp"
#include "rankpool/core/progress.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rankpool::batch {

/// How a recorded run is carried out: the run options of the command line.
struct RunSettings {
    std::string run_dir;
    bool resume = false;
    bool force_resume = false;
    bool retry_failed = true;
    unsigned retries = 0;
    std::vector<std::string> retry_causes;  ///< see RetryRules
    std::string retry_delay;
    std::string halt;
    std::string timeout;
    std::string memory_limit;
    std::string time_limit;   ///< of this start
    std::string time_margin;  ///< of it, kept free at its end
    std::string max_fails;
    bool fail_fast = false;
    std::uint64_t limit = 0;  ///< 0: all
    bool dry_run = false;
    bool shuffle = false;
    std::string bind = "none";  ///< or auto: each worker to a processor of its own
    ProgressStyle progress = ProgressStyle::none;
};

/// What a run is told about how it was started.
struct Invocation {
    std::string program;  ///< name and version
    std::string command;
    Options job_options;  ///< that its results depend on
    Options run_options;
};

}  // namespace rankpool::batch
