// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace rankpool::batch {

/// The line that most likely says why a command failed: the last of stderr that has a word in it, or where
/// stderr ends in a frame of dashes or the like, as Open MPI's does, the first paragraph of that. If stderr
/// says nothing, of stdout.
std::string last_words(std::string_view err, std::string_view out);

}  // namespace rankpool::batch
