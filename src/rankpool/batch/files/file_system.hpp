// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace rankpool::batch {

/// True where the file, or the folder it will be in, is on a file system that other machines see too.
bool is_on_network(std::filesystem::path const& file);

/// What stands in a plain file of at most `most` bytes. Nothing where it is none, or a link, or cannot be
/// read; never waits.
std::optional<std::string> read_plain_file(std::filesystem::path const& file, std::size_t most);

}  // namespace rankpool::batch
