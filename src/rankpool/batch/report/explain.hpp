// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace rankpool::batch {

/// The life of one task of a run in sentences: what it is, where and when it was tried, how each attempt
/// ended. Throws InputError where the run has no such task.
std::string explanation(std::filesystem::path const& run, std::int64_t task);

}  // namespace rankpool::batch
