// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace jobs {

/// Without the blanks around it.
std::string trimmed(std::string_view text);

/// True for what stands for a number that is not known: nothing, `?`, `NA`, `NaN`, `NULL`, `#N/A`, a dash,
/// ...
bool is_missing(std::string_view field);
/// The same for a class, which may be called almost anything.
bool is_missing_class(std::string_view field);
/// True for what is neither a number nor missing.
bool is_word(std::string_view field);

/// From where to where the numbers of a column go.
struct NumberSpan {
    double least = std::numeric_limits<double>::infinity();
    double greatest = -std::numeric_limits<double>::infinity();
    bool is_whole = true;  ///< all are whole numbers
    std::size_t count = 0;

    void add(double number);
};

/// The first row of a table of numbers and classes.
struct FirstRowFields {
    std::vector<std::string> fields;  ///< of the columns of numbers
    std::string label;
    bool counts = false;  ///< see counts_columns
};

enum class FirstRow { names, data, data_of_new_class, doubtful };

/// Whether it names the columns or is data, by what the other rows have in these columns, and by their
/// classes.
FirstRow what_is_first(FirstRowFields const& first, std::vector<NumberSpan> const& others,
                       std::set<std::string> const& classes);

/// True for 0, 1, 2, ... in at least three columns, as pandas names them.
bool counts_columns(std::vector<std::string> const& row);

}  // namespace jobs
