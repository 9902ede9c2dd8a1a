// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace rankpool::batch {

/// Writes what a run's database tells as one HTML page without outside references. False where there is no
/// room for it. Throws InputError where there is no such database.
bool write_report(std::filesystem::path const& database, std::filesystem::path const& page);

}  // namespace rankpool::batch
