// SPDX-License-Identifier: MIT
#include "jobs/parts/first_row.hpp"

#include "jobs/parts/number_list.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace jobs {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";
/// From fewer it cannot be told where the numbers of a column are.
constexpr std::size_t enough_rows = 3;

bool is_number(std::string_view field) {
    return parse_number(field).has_value();
}

/// True if the first is a word where all others are numbers, or the other way round.
bool is_of_another_kind(std::string const& label, std::set<std::string> const& classes) {
    return std::ranges::all_of(
        classes, [kind = is_number(label)](std::string const& other) { return is_number(other) != kind; });
}

/// True for whole numbers that grow, such as years, where no other row has any near them.
bool are_far_off(std::vector<std::string> const& fields, std::vector<NumberSpan> const& others) {
    double last = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        auto const number = parse_number(fields[i]);
        if (!number || *number != std::floor(*number) || *number <= last) return false;
        if (others[i].count < enough_rows) return false;
        if (*number >= others[i].least && *number <= others[i].greatest) return false;
        last = *number;
    }
    return true;
}

}  // namespace

std::string trimmed(std::string_view text) {
    auto const start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos) return {};
    return std::string{text.substr(start, text.find_last_not_of(blanks) - start + 1)};
}

bool is_missing(std::string_view field) {
    static constexpr std::array words{"?",      "na",      "n/a",     "nan",   "-nan",    "null",   "none",
                                      "#n/a",   "<na>",    "#na",     "-",     "--",      ".",      "nil",
                                      "#null!", "#div/0!", "#value!", "#num!", "missing", "1.#qnan"};
    std::string word = trimmed(field);
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return word.empty() || std::ranges::find(words, word) != words.end();
}

bool is_missing_class(std::string_view field) {
    std::string const word = trimmed(field);
    return word.empty() || word == "?" || word == "NA" || word == "NaN" || word == "nan" || word == "#N/A";
}

bool is_word(std::string_view field) {
    return !is_number(field) && !is_missing(field);
}

void NumberSpan::add(double number) {
    ++count;
    least = std::min(least, number);
    greatest = std::max(greatest, number);
    is_whole = is_whole && number == std::floor(number);
}

bool counts_columns(std::vector<std::string> const& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (trimmed(row[i]) != std::to_string(i)) return false;
    }
    return row.size() >= 3;
}

FirstRow what_is_first(FirstRowFields const& first, std::vector<NumberSpan> const& others,
                       std::set<std::string> const& classes) {
    bool const is_known = classes.contains(first.label);
    auto const words = std::ranges::count_if(first.fields, is_word);
    auto const numbers = std::ranges::count_if(first.fields, is_number);
    if (words > 0) {
        // A word where a number should be, beside others or with a class that there is, is an error of data.
        if (is_known && (numbers > 0 || first.fields.size() == 1)) return FirstRow::data;
        return words > numbers ? FirstRow::names : FirstRow::doubtful;
    }
    if (first.counts) {
        bool const are_whole = std::ranges::all_of(others, &NumberSpan::is_whole);
        return is_known && are_whole ? FirstRow::doubtful : FirstRow::names;
    }
    if (is_known || is_missing_class(first.label) || classes.empty()) return FirstRow::data;
    if (is_of_another_kind(first.label, classes)) return FirstRow::names;
    if (!is_number(first.label) && are_far_off(first.fields, others)) return FirstRow::names;
    return FirstRow::data_of_new_class;
}

}  // namespace jobs
