// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace rankpool::batch {

/// The values that a text means: some between commas, each a text or a range, `0:1:0.1` (from, to and
/// including it, step; 1 if not given), `log:1e-3:1e3:7` (so many, evenly apart in the logarithm), `1-100:5`
/// (whole numbers, step 1 if not given). A number is the shortest text that reads back, of what the decimals
/// mean, without an exponent: 0.3, not 0.30000000000000004, and 0.00001. Throws InputError where a range has
/// no end, ten million values, or numbers that are not kept exactly.
std::vector<std::string> values_in(std::string const& text);

/// The same for one word, in which only `1-100:5` and `1-100` are more than a text.
std::vector<std::string> values_of_word(std::string const& word);

}  // namespace rankpool::batch
