// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace rankpool::batch {

/// What stands between separators; one part, which may be empty, where there is none.
std::vector<std::string> split(std::string const& text, char separator);

}  // namespace rankpool::batch
