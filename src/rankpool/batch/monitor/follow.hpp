// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>

namespace rankpool::batch {

/// Prints what the command of a task writes while it runs, until it has ended: from the run's folder, from
/// where its worker keeps it once it has run for a second. Waits for one that has not begun while the run is
/// at work. False where the task has ended before, or the run has without it.
bool follow(std::filesystem::path const& run, std::int64_t task);

}  // namespace rankpool::batch
