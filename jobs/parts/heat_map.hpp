// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/pair_scores.hpp"
#include "jobs/parts/picture.hpp"

namespace jobs {

/// From dark blue at 0 over red to bright yellow at 1, ever brighter; what lies outside counts as the end.
Colour heat(double value);

/// The scores of all pairs as a square: the cell of row i and column j has the heat of the pair's score
/// between the least score and the greatest; the diagonal is grey. Cells are squares of as many pixels as
/// make the picture about 900 wide, at least one.
Picture heat_map(PairScores const& scores);

}  // namespace jobs
