// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>

namespace rankpool::batch {

/// Prints what the command of a task writes while it runs, until it has ended: its worker puts it into the
/// run's folder, within a second or two from now. Waits for one that has not begun while the run is at work.
/// False where the task has ended before, or the run has without it. Throws InputError where nothing can be
/// made in that folder.
bool follow(std::filesystem::path const& run, std::int64_t task);

}  // namespace rankpool::batch
