// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/scoring.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace jobs {

/// Score of the best alignment by the three-matrix recurrences of Gotoh (1982) as textbooks have them, of
/// which one row is kept: slow, plain, and nothing of what the jobs use. `substitution(a, b)` is the score of
/// a residue beside another.
template <class Substitution>
long gotoh_score(std::string const& a, std::string const& b, Scoring const& scoring,
                 Substitution substitution) {
    constexpr long impossible = -1'000'000'000'000;
    bool const local = scoring.mode == AlignmentMode::local;
    auto const gap = [&](std::size_t length) {
        return length == 0 ? 0 : -(scoring.gap_open + (static_cast<long>(length) - 1) * scoring.gap_extend);
    };
    // Best score of a[..i] and b[..j] that ends in: any way; a gap in a; a gap in b.
    struct Cell {
        long best;
        long gap_in_a;
        long gap_in_b;
    };
    std::vector<Cell> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = {local ? 0 : gap(j), gap(j), impossible};
    long highest = 0;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        long diagonal = row[0].best;
        row[0] = {local ? 0 : gap(i), impossible, gap(i)};
        for (std::size_t j = 1; j < row.size(); ++j) {
            Cell& cell = row[j];
            Cell const left = row[j - 1];
            Cell const above = cell;
            cell.gap_in_a = std::max(left.best - scoring.gap_open, left.gap_in_a - scoring.gap_extend);
            cell.gap_in_b = std::max(above.best - scoring.gap_open, above.gap_in_b - scoring.gap_extend);
            cell.best = std::max({diagonal + substitution(a[i - 1], b[j - 1]), cell.gap_in_a, cell.gap_in_b});
            if (local) cell.best = std::max(cell.best, 0L);
            highest = std::max(highest, cell.best);
            diagonal = above.best;
        }
    }
    return local ? highest : row.back().best;
}

}  // namespace jobs
