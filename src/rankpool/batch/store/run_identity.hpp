// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace rankpool::batch {

/// By what a run is found again among others.
struct RunIdentity {
    std::string job;
    double started = 0;      ///< seconds since 1970
    std::uint64_t seed = 0;  ///< RunRecord's
};

/// What the run's database tells, or while a run is at work there its status file. Nothing where there is no
/// run, or none that could be gone on with.
std::optional<RunIdentity> identify_run(std::filesystem::path const& folder);

}  // namespace rankpool::batch
