// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/scoring.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace jobs {

/// Score of the best alignment by the recurrences of Gotoh (1982), one residue beside another after the
/// other: a hundred times slower than with vectors, and right for every cost. `substitution(a, b)` is the
/// score of a residue beside another. Takes 16 bytes per residue of `b`.
template <class Substitution>
std::int64_t plain_score(std::string const& a, std::string const& b, Scoring const& scoring,
                         Substitution const& substitution) {
    bool const is_local = scoring.mode == AlignmentMode::local;
    std::int64_t const open = scoring.gap_open;
    std::int64_t const extend = scoring.gap_extend;
    auto const edge = [&](std::size_t length) {
        if (is_local || length == 0) return std::int64_t{0};
        return -open - (static_cast<std::int64_t>(length) - 1) * extend;
    };
    // The best score up to each residue of b, however it ends and with a gap in b at the end.
    std::vector<std::int64_t> best(b.size() + 1);
    std::vector<std::int64_t> with_gap(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        best[j] = edge(j);
        with_gap[j] = best[j] - open;
    }
    std::int64_t highest = 0;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::int64_t diagonal = best[0];
        best[0] = edge(i);
        std::int64_t gap_in_a = best[0] - open;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            gap_in_a = j == 1 ? gap_in_a : std::max(gap_in_a - extend, best[j - 1] - open);
            with_gap[j] = i == 1 ? with_gap[j] : std::max(with_gap[j] - extend, best[j] - open);
            std::int64_t const pair = diagonal + substitution(a[i - 1], b[j - 1]);
            diagonal = best[j];
            best[j] = std::max({pair, gap_in_a, with_gap[j]});
            if (is_local) best[j] = std::max(best[j], std::int64_t{0});
            highest = std::max(highest, best[j]);
        }
    }
    return is_local ? highest : best[b.size()];
}

}  // namespace jobs
