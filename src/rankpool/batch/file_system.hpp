// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string_view>

namespace rankpool::batch {

/// True where the file, or the folder it will be in, is on a file system that other machines see too.
bool is_on_network(std::filesystem::path const& file);

/// Replaces a small file as a whole: a reader sees the old one or the new one. False where that failed.
bool replace_file(std::filesystem::path const& file, std::string_view content);

}  // namespace rankpool::batch
