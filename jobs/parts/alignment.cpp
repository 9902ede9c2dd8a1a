// SPDX-License-Identifier: MIT
#include "jobs/parts/alignment.hpp"

#include "jobs/parts/plain_alignment.hpp"

#include <parasail.h>
#include <parasail/cpuid.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace jobs {
namespace {

constexpr std::string_view rare_residues = "JOU";
constexpr std::string_view nucleotides = "ACGTUN";
/// A short peptide may be of A, C, G, N and T alone.
constexpr std::size_t enough_residues = 20;

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

/// A kernel of Parasail, which computes with whole numbers of `bits` bits.
struct Kernel {
    int bits;
    parasail_pcreator_t* make_profile;
    parasail_pfunction_t* local;
    parasail_pfunction_t* global;
};
/// From narrow, which is quick, to wide. Of Parasail 2.6 only the `scan` functions: the `striped` ones give
/// wrong scores where gap_open equals gap_extend, and of the `diag` ones the local always.
using Kernels = std::array<Kernel, 3>;

Kernels kernels_of(InstructionSet set) {
    switch (set) {
        case InstructionSet::sse2:
            return {{{8, ::parasail_profile_create_sse_128_8, ::parasail_sw_scan_profile_sse2_128_8,
                      ::parasail_nw_scan_profile_sse2_128_8},
                     {16, ::parasail_profile_create_sse_128_16, ::parasail_sw_scan_profile_sse2_128_16,
                      ::parasail_nw_scan_profile_sse2_128_16},
                     {32, ::parasail_profile_create_sse_128_32, ::parasail_sw_scan_profile_sse2_128_32,
                      ::parasail_nw_scan_profile_sse2_128_32}}};
        case InstructionSet::sse41:
            return {{{8, ::parasail_profile_create_sse_128_8, ::parasail_sw_scan_profile_sse41_128_8,
                      ::parasail_nw_scan_profile_sse41_128_8},
                     {16, ::parasail_profile_create_sse_128_16, ::parasail_sw_scan_profile_sse41_128_16,
                      ::parasail_nw_scan_profile_sse41_128_16},
                     {32, ::parasail_profile_create_sse_128_32, ::parasail_sw_scan_profile_sse41_128_32,
                      ::parasail_nw_scan_profile_sse41_128_32}}};
        case InstructionSet::avx2:
            return {{{8, ::parasail_profile_create_avx_256_8, ::parasail_sw_scan_profile_avx2_256_8,
                      ::parasail_nw_scan_profile_avx2_256_8},
                     {16, ::parasail_profile_create_avx_256_16, ::parasail_sw_scan_profile_avx2_256_16,
                      ::parasail_nw_scan_profile_avx2_256_16},
                     {32, ::parasail_profile_create_avx_256_32, ::parasail_sw_scan_profile_avx2_256_32,
                      ::parasail_nw_scan_profile_avx2_256_32}}};
        case InstructionSet::best:
            break;
    }
    return {
        {{8, ::parasail_profile_create_8, ::parasail_sw_scan_profile_8, ::parasail_nw_scan_profile_8},
         {16, ::parasail_profile_create_16, ::parasail_sw_scan_profile_16, ::parasail_nw_scan_profile_16},
         {32, ::parasail_profile_create_32, ::parasail_sw_scan_profile_32, ::parasail_nw_scan_profile_32}}};
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

bool looks_like_dna(std::vector<Sequence> const& sequences, std::string const& matrix) {
    // An alphabet of nucleotides has no leucine.
    if (alphabet_of(find_matrix(matrix)).find('L') == std::string::npos) return false;
    std::size_t residues = 0;
    for (auto const& sequence : sequences) {
        if (sequence.residues.find_first_not_of(nucleotides) != std::string::npos) return false;
        residues += sequence.residues.size();
    }
    return residues >= enough_residues;
}

bool can_use(InstructionSet set) {
    switch (set) {
        case InstructionSet::sse2:
            return ::parasail_can_use_sse2() != 0;
        case InstructionSet::sse41:
            return ::parasail_can_use_sse41() != 0;
        case InstructionSet::avx2:
            return ::parasail_can_use_avx2() != 0;
        case InstructionSet::best:
            break;
    }
    return true;
}

bool is_wide_enough(int bits, Scoring const& scoring, ScoreRange const& matrix, std::size_t query,
                    std::size_t target) {
    std::int64_t const most = (std::int64_t{1} << (bits - 1)) - 1;
    std::int64_t const open = scoring.gap_open;
    std::int64_t const extend = scoring.gap_extend;
    std::int64_t const lowest = -std::int64_t{matrix.least};
    std::int64_t const highest = matrix.greatest;
    // Each lane of a vector has a stretch of the query. The fewest lanes have the longest, and are those of
    // SSE and NEON: what holds for them holds for the others.
    std::int64_t const lanes = 128 / bits;
    std::int64_t const stretch = (static_cast<std::int64_t>(query) + lanes - 1) / lanes;
    if (std::max(lowest, highest) + 1 >= most) return false;
    // Sums stop at the end of 8 bits, so that what is too low stays too low to matter beside 0. Only these
    // two are cut to 8 bits before.
    if (scoring.mode == AlignmentMode::local && bits == 8) return open <= most && stretch * extend <= most;
    // The lowest score in the matrix: that of gaps alone, or of mismatches and one gap.
    std::int64_t deepest = 0;
    if (scoring.mode == AlignmentMode::global) {
        std::int64_t const rows = stretch * lanes;
        auto const columns = static_cast<std::int64_t>(target);
        auto const [shorter, longer] = std::minmax(rows, columns);
        std::int64_t const gaps = 2 * open + (rows + columns) * extend;
        std::int64_t const mismatches =
            open + std::max(longer * extend, (longer - shorter) * extend + shorter * lowest);
        deepest = std::min(gaps, mismatches);
    }
    // Below it, a gap is opened, goes over two stretches, and stays above what stands for minus infinity.
    return deepest + open + (2 * stretch + 1) * extend + 2 * std::max(open, lowest) <= most;
}

class Aligner::State {
  public:
    State(Scoring const& scoring, InstructionSet set)
        : scoring_(scoring),
          kernel_scoring_(scoring),
          matrix_(find_matrix(scoring.matrix)),
          alphabet_(alphabet_of(matrix_)),
          kernels_(kernels_of(set)) {
        // A gap is then cheaper as many gaps of one residue.
        kernel_scoring_.gap_extend = std::min(scoring.gap_extend, scoring.gap_open);
    }

    std::int32_t score(Sequence const& query, Sequence const& target) {
        prepare(query);
        std::string const spelled = spelled_for(alphabet_, target.residues);
        for (std::size_t width = 0; width < kernels_.size() && can_use_kernels(); ++width) {
            bool const is_right = is_wide_enough(kernels_[width].bits, kernel_scoring_,
                                                 {matrix_.min, matrix_.max}, spelled_.size(), spelled.size());
            if (!is_right) continue;
            if (auto const score = score_by(width, spelled)) return *score;
        }
        auto const score =
            plain_score(spelled_, spelled, scoring_, [this](char a, char b) { return substitution(a, b); });
        if (score > std::numeric_limits<std::int32_t>::max() ||
            score < std::numeric_limits<std::int32_t>::min()) {
            throw std::runtime_error("the score " + std::to_string(score) + " is beyond 32 bits");
        }
        return static_cast<std::int32_t>(score);
    }

  private:
    /// False where gaps at an end, which stay whole, cost otherwise than the others.
    [[nodiscard]] bool can_use_kernels() const {
        return scoring_.mode == AlignmentMode::local || scoring_.gap_extend <= scoring_.gap_open;
    }

    /// Nothing where the score is too high for the kernel's numbers, or there is no such kernel.
    std::optional<std::int32_t> score_by(std::size_t width, std::string const& target) {
        auto const& kernel = kernels_[width];
        auto& profile = profiles_[width];
        if (!profile) profile.reset(kernel.make_profile(spelled_.c_str(), length(spelled_), &matrix_));
        if (!profile) return std::nullopt;
        auto const align = scoring_.mode == AlignmentMode::local ? kernel.local : kernel.global;
        std::unique_ptr<parasail_result_t, decltype(&::parasail_result_free)> const result{
            align(profile.get(), target.c_str(), length(target), kernel_scoring_.gap_open,
                  kernel_scoring_.gap_extend),
            &::parasail_result_free};
        if (!result || ::parasail_result_is_saturated(result.get())) return std::nullopt;
        return ::parasail_result_get_score(result.get());
    }

    [[nodiscard]] int substitution(char a, char b) const {
        auto const place = [this](char residue) {
            return matrix_.mapper[static_cast<unsigned char>(residue)];
        };
        return matrix_.matrix[place(a) * matrix_.size + place(b)];
    }

    void prepare(Sequence const& query) {
        if (query.residues == residues_) return;
        residues_ = query.residues;
        spelled_ = spelled_for(alphabet_, residues_);
        for (auto& profile : profiles_) profile.reset();
    }

    struct FreeProfile {
        void operator()(parasail_profile_t* profile) const { ::parasail_profile_free(profile); }
    };

    Scoring scoring_;
    Scoring kernel_scoring_;
    parasail_matrix_t const& matrix_;
    std::string alphabet_;
    Kernels kernels_;
    std::string residues_;  ///< of the profiles' query
    std::string spelled_;
    std::array<std::unique_ptr<parasail_profile_t, FreeProfile>, 3> profiles_;
};

Aligner::Aligner(Scoring const& scoring, InstructionSet set)
    : state_(std::make_unique<State>(scoring, set)) {}
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
