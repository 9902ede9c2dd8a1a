// SPDX-License-Identifier: MIT
#include "rankpool/batch/text/nearest_name.hpp"

#include <algorithm>
#include <numeric>

namespace rankpool::batch {
namespace {

/// Letters to be changed, added or left out (Levenshtein's distance).
std::size_t distance(std::string const& one, std::string const& other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < one.size(); ++i) {
        std::size_t before = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < other.size(); ++j) {
            std::size_t const changed = before + (one[i] == other[j] ? 0 : 1);
            before = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
        }
    }
    return row.back();
}

std::size_t common_start(std::string const& one, std::string const& other) {
    auto const [end, ignored] = std::ranges::mismatch(one, other);
    return static_cast<std::size_t>(end - one.begin());
}

}  // namespace

std::string nearest_name(std::string const& typed, std::vector<std::string> const& names) {
    constexpr std::size_t longest = 64;
    if (typed.size() > longest) return {};
    std::string nearest;
    std::size_t most_common = 0;
    // Of seven letters three may be wrong, as in --retry for --retries, but never many.
    std::size_t least = std::clamp<std::size_t>(3 * typed.size() / 7, 1, 4);
    for (auto const& name : names) {
        std::size_t const far = name.size() > longest ? longest : distance(typed, name);
        std::size_t const common = common_start(typed, name);
        // Of two that are as near, the one that begins alike.
        if (far > least || (far == least && common <= most_common)) continue;
        least = far;
        most_common = common;
        nearest = name;
    }
    return nearest;
}

std::string name_one_letter_away(std::string const& typed, std::vector<std::string> const& names) {
    auto const is_near = [&](std::string const& name) {
        auto const [less, more] = std::minmax({typed.size(), name.size()});
        return more - less <= 1 && distance(typed, name) == 1;
    };
    auto const found = std::ranges::find_if(names, is_near);
    return found == names.end() ? "" : *found;
}

}  // namespace rankpool::batch
