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

class Aligner::State {
  public:
    explicit State(Scoring const& scoring)
        : scoring_(scoring), matrix_(find_matrix(scoring.matrix)), alphabet_(alphabet_of(matrix_)) {}

    std::int32_t score(Sequence const& query, Sequence const& target) {
        prepare(query);
        // The functions with `sat` go from 8 to 16 to 32 bits as the score needs. The `striped` ones of
        // Parasail 2.6 give wrong scores where gap_open equals gap_extend, and of the `diag` ones the local
        // always.
        auto const align = scoring_.mode == AlignmentMode::local ? &::parasail_sw_scan_profile_sat
                                                                 : &::parasail_nw_scan_profile_sat;
        std::string const spelled = spelled_for(alphabet_, target.residues);
        std::unique_ptr<parasail_result_t, decltype(&::parasail_result_free)> const result{
            align(profile_.get(), spelled.c_str(), length(spelled), scoring_.gap_open, scoring_.gap_extend),
            &::parasail_result_free};
        if (!result || ::parasail_result_is_saturated(result.get())) {
            throw std::runtime_error("no score for " + query.name + " and " + target.name +
                                     " (too long for 32 bits or for the memory)");
        }
        return ::parasail_result_get_score(result.get());
    }

  private:
    void prepare(Sequence const& query) {
        if (profile_ && query.residues == residues_) return;
        residues_ = query.residues;
        spelled_ = spelled_for(alphabet_, residues_);
        profile_.reset(::parasail_profile_create_sat(spelled_.c_str(), length(spelled_), &matrix_));
    }

    Scoring scoring_;
    parasail_matrix_t const& matrix_;
    std::string alphabet_;
    std::string residues_;  ///< of the profile's query
    std::string spelled_;
    std::unique_ptr<parasail_profile_t, decltype(&::parasail_profile_free)> profile_{
        nullptr, &::parasail_profile_free};
};

Aligner::Aligner(Scoring const& scoring) : state_(std::make_unique<State>(scoring)) {}
Aligner::Aligner(Aligner&&) noexcept = default;
Aligner::~Aligner() = default;

std::int32_t Aligner::score(Sequence const& query, Sequence const& target) {
    return state_->score(query, target);
}

std::vector<std::int32_t> score_row(std::vector<Sequence> const& sequences, Scoring const& scoring,
                                    std::size_t row) {
    Aligner aligner{scoring};
    std::vector<std::int32_t> scores;
    scores.reserve(sequences.size() - row - 1);
    for (std::size_t column = row + 1; column < sequences.size(); ++column) {
        scores.push_back(aligner.score(sequences.at(row), sequences[column]));
    }
    return scores;
}

}  // namespace jobs
