// SPDX-License-Identifier: MIT
#include "rankpool/batch/text/split.hpp"

#include <algorithm>

namespace rankpool::batch {

std::vector<std::string> split(std::string const& text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        auto const end = std::min(text.find(separator, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

}  // namespace rankpool::batch
