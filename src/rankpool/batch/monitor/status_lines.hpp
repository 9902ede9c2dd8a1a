// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace rankpool::batch {

/// What `status` tells people of a run, cut to lines of `width` characters. The object may be anybody's: what
/// is missing or makes no sense is left out or shown as it is.
std::string status_lines(nlohmann::ordered_json const& status, std::size_t width);

}  // namespace rankpool::batch
