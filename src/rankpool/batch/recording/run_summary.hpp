// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/monitor/tally.hpp"
#include "rankpool/batch/store/earlier_tasks.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace rankpool::batch {

/// The last line of a run: what it has done in so many seconds, on how many workers, and where that is.
std::string run_summary(Tally const& tally, double seconds, int workers, std::size_t lost_ranks,
                        std::filesystem::path const& run);

/// The last line of a dry run: how long so many tasks would take, by earlier ones. `rounds`: so many times
/// one after the other all that the nodes have is needed, at least.
std::string expectation(EarlierTasks const& earlier, std::uint64_t tasks, double rounds, int workers);

}  // namespace rankpool::batch
