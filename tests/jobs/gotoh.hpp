// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/alignment.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace jobs {

/// Score of the best alignment by the three-matrix recurrences of Gotoh (1982) as textbooks have them: slow,
/// plain, and nothing of the library that the jobs use. `substitution(a, b)` is the score of a residue beside
/// another.
template <class Substitution>
long gotoh_score(std::string const& a, std::string const& b, Scoring const& scoring,
                 Substitution substitution) {
    constexpr long impossible = -1'000'000'000;
    bool const local = scoring.mode == AlignmentMode::local;
    auto const gap = [&](std::size_t length) {
        return length == 0 ? 0 : -(scoring.gap_open + (static_cast<long>(length) - 1) * scoring.gap_extend);
    };
    using Row = std::vector<long>;
    // Best score of a[..i] and b[..j] that ends in: any way; a gap in a; a gap in b.
    std::vector<Row> best(a.size() + 1, Row(b.size() + 1, 0)), gap_in_a(best), gap_in_b(best);
    long highest = 0;
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            gap_in_a[i][j] =
                j == 0 ? impossible
                       : std::max(best[i][j - 1] - scoring.gap_open, gap_in_a[i][j - 1] - scoring.gap_extend);
            gap_in_b[i][j] =
                i == 0 ? impossible
                       : std::max(best[i - 1][j] - scoring.gap_open, gap_in_b[i - 1][j] - scoring.gap_extend);
            if (i == 0 || j == 0) {
                best[i][j] = local ? 0 : gap(i + j);
            } else {
                best[i][j] = std::max(
                    {best[i - 1][j - 1] + substitution(a[i - 1], b[j - 1]), gap_in_a[i][j], gap_in_b[i][j]});
            }
            if (local) best[i][j] = std::max(best[i][j], 0L);
            highest = std::max(highest, best[i][j]);
        }
    }
    return local ? highest : best[a.size()][b.size()];
}

}  // namespace jobs
