// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace rankpool::batch {

/// What is known of a run, live or not, as one JSON value. Throws InputError where there is no run.
std::string status_json(std::filesystem::path const& run);

/// The same for people, what fits into lines of `width` characters.
std::string status_text(std::filesystem::path const& run, std::size_t width);

}  // namespace rankpool::batch
