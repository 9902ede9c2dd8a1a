// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string_view>

namespace jobs {

/// Where a file of jobs/data is, in an installation as in a build tree: both have it at the same place seen
/// from the program.
std::filesystem::path data_file(std::string_view name);

}  // namespace jobs
