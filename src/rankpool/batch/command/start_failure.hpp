// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace rankpool::batch {

/// Whether a file that the kernel does not know how to run is text, which /bin/sh may run.
bool is_script(std::string const& file);

/// Why the command of these words could not be started, when `files` were tried and `files[at]` gave the
/// error number `problem`: problem (why) suggestion.
std::string why_not_started(std::vector<std::string> const& words, std::vector<std::string> const& files,
                            std::size_t at, int problem);

}  // namespace rankpool::batch
