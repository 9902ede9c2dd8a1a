// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/monitor/tally.hpp"

#include <cstdint>
#include <string>

namespace rankpool::batch {

/// What a living run tells the world once a second, since its database is locked: the content of
/// `status.json`.
struct LiveStatus {
    std::string job;
    std::uint64_t seed = 0;  ///< RunRecord's
    std::string things;
    std::string state;  ///< running, stopping, or how it ended
    double started = 0;
    double written = 0;
    int pid = 0;
    std::string host;
    int workers = 1;
    double wall = 0;  ///< seconds of this session
    Tally tally;
};

std::string to_json(LiveStatus const& status);

}  // namespace rankpool::batch
