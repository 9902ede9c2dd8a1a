// SPDX-License-Identifier: MIT
#include "jobs/parts/alignment.hpp"

#include <parasail.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace jobs {
namespace {

constexpr std::string_view rare_residues = "JOU";

parasail_matrix_t const& find_matrix(std::string const& name) {
    parasail_matrix_t const* const matrix = ::parasail_matrix_lookup(name.c_str());
    if (!matrix) throw std::invalid_argument("no substitution matrix is called " + name);
    return *matrix;
}

std::string alphabet_of(parasail_matrix_t const& matrix) {
    std::string letters{matrix.alphabet};
    std::ranges::transform(letters, letters.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return letters;
}

// Parasail would score what a matrix has no column for as a stop.
std::string spelled_for(std::string const& alphabet, std::string residues) {
    std::ranges::replace_if(
        residues, [&](char residue) { return alphabet.find(residue) == std::string::npos; }, 'X');
    return residues;
}

int length(std::string const& residues) {
    return static_cast<int>(residues.size());
}

}  // namespace

bool has_matrix(std::string const& name) {
    return ::parasail_matrix_lookup(name.c_str()) != nullptr;
}

std::string residues_of(std::string const& matrix) {
    std::string letters = alphabet_of(find_matrix(matrix));
    if (letters.find('X') == std::string::npos) return letters;
    for (char const rare : rare_residues) {
        if (letters.find(rare) == std::string::npos) letters.push_back(rare);
    }
    return letters;
}

std::vector<std::int32_t> score_row(std::vector<Sequence> const& sequences, Scoring const& scoring,
                                    std::size_t row) {
    parasail_matrix_t const& matrix = find_matrix(scoring.matrix);
    std::string const alphabet = alphabet_of(matrix);
    std::string const query = spelled_for(alphabet, sequences.at(row).residues);
    // The functions with `sat` go from 8 to 16 to 32 bits as the score needs. The `striped` ones of
    // Parasail 2.6 give wrong scores where gap_open equals gap_extend, and of the `diag` ones the local
    // always.
    std::unique_ptr<parasail_profile_t, decltype(&::parasail_profile_free)> const profile{
        ::parasail_profile_create_sat(query.c_str(), length(query), &matrix), &::parasail_profile_free};
    auto const align = scoring.mode == AlignmentMode::local ? &::parasail_sw_scan_profile_sat
                                                            : &::parasail_nw_scan_profile_sat;

    std::vector<std::int32_t> scores;
    scores.reserve(sequences.size() - row - 1);
    for (std::size_t column = row + 1; column < sequences.size(); ++column) {
        std::string const target = spelled_for(alphabet, sequences[column].residues);
        std::unique_ptr<parasail_result_t, decltype(&::parasail_result_free)> const result{
            align(profile.get(), target.c_str(), length(target), scoring.gap_open, scoring.gap_extend),
            &::parasail_result_free};
        if (!result || ::parasail_result_is_saturated(result.get())) {
            throw std::runtime_error("no score for " + sequences[row].name + " and " +
                                     sequences[column].name + " (too long for 32 bits or for the memory)");
        }
        scores.push_back(::parasail_result_get_score(result.get()));
    }
    return scores;
}

}  // namespace jobs
