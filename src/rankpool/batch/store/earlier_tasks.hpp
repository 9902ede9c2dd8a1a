// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace rankpool::batch {

/// What the tasks that succeeded took in a run from before.
struct EarlierTasks {
    std::filesystem::path run;
    std::int64_t count = 0;
    double seconds = 0;       ///< on average
    std::int64_t memory = 0;  ///< bytes, of the largest command; 0 where they were none
};

/// Those of a run. Nothing where it has none, or cannot be read.
std::optional<EarlierTasks> tasks_of_run(std::filesystem::path const& run);
/// Those of the newest run in `runs` with this job and seed, see RunRecord.
std::optional<EarlierTasks> tasks_of_newest(std::string const& job, std::uint64_t seed);

}  // namespace rankpool::batch
