// SPDX-License-Identifier: MIT
// The parts of Context that make dicts.
#include "rankpool/context/context_shared.hpp"

#include <algorithm>
#include <string>

namespace rankpool::shared {

std::vector<Store> make_parts(DictOptions const& options) {
    int const ranks = context().size();
    int const rank = options.rank.value_or(-1);
    if (rank < -1 || rank >= ranks) {
        throw UsageError("cannot make a dict on rank " + std::to_string(rank) + " (there are " +
                         std::to_string(ranks) + ", from 0). Leave the rank out?");
    }
    std::vector<Store> parts;
    if (!options.spread) {
        parts.push_back(Store::make(link::ObjectKind::map, options.max_bytes, Rank{rank}));
        return parts;
    }
    std::uint64_t const share = options.max_bytes / static_cast<std::uint64_t>(ranks);
    std::uint64_t const limit = options.max_bytes == 0 ? 0 : std::max<std::uint64_t>(share, 1);
    for (int i = 0; i < ranks; ++i) parts.push_back(Store::make(link::ObjectKind::map, limit, Rank{i}));
    return parts;
}

}  // namespace rankpool::shared
