// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace rankpool::batch {

/// The name that somebody may have meant who typed this one; empty where none is near.
std::string nearest_name(std::string const& typed, std::vector<std::string> const& names);

/// One that differs by one letter, changed, added or left out; empty where there is none.
std::string name_one_letter_away(std::string const& typed, std::vector<std::string> const& names);

}  // namespace rankpool::batch
