// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace rankpool::batch {

/// Writes what the commands of a run of exec have written, which its database has, into a file for each:
/// `<task>.out` and `<task>.err` in the folder; of those that failed what is kept of it. Throws InputError
/// where the run is none of exec or a file cannot be written.
void unpack_outputs(std::filesystem::path const& run, std::filesystem::path const& folder);

}  // namespace rankpool::batch
