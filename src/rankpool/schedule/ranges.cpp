// SPDX-License-Identifier: MIT
#include "rankpool/schedule/ranges.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <vector>

namespace rankpool::schedule {

void Ranges::add(Range range) {
    if (range.count == 0) return;
    size_ += range.count;
    auto const right = first_by_end_.upper_bound(range.first);
    assert(right == first_by_end_.end() || right->second >= range.end());
    std::uint64_t first = range.first;
    if (auto const left = first_by_end_.find(range.first); left != first_by_end_.end()) {
        first = left->second;
        first_by_end_.erase(left);
    }
    if (right != first_by_end_.end() && right->second == range.end()) {
        right->second = first;
    } else {
        first_by_end_.emplace_hint(right, range.end(), first);
    }
}

std::vector<Range> Ranges::cut(Range range) {
    std::vector<Range> out;
    auto piece = first_by_end_.upper_bound(range.first);
    while (piece != first_by_end_.end() && piece->second < range.end()) {
        auto const [end, first] = *piece;
        std::uint64_t const from = std::max(first, range.first);
        std::uint64_t const to = std::min(end, range.end());
        out.push_back({from, to - from});
        size_ -= to - from;
        if (first < from) first_by_end_.emplace_hint(piece, from, first);
        if (to < end) {
            piece->second = to;
            break;
        }
        piece = first_by_end_.erase(piece);
    }
    return out;
}

bool Ranges::contains(std::uint64_t number) const {
    auto const piece = first_by_end_.upper_bound(number);
    return piece != first_by_end_.end() && piece->second <= number;
}

std::uint64_t Ranges::count_in(Range range) const {
    std::uint64_t count = 0;
    for (auto piece = first_by_end_.upper_bound(range.first);
         piece != first_by_end_.end() && piece->second < range.end(); ++piece) {
        count += std::min(piece->first, range.end()) - std::max(piece->second, range.first);
    }
    return count;
}

Range Ranges::front() const {
    assert(!empty());
    auto const [end, first] = *first_by_end_.begin();
    return {first, end - first};
}

}  // namespace rankpool::schedule
