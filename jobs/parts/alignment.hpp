// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/fasta.hpp"
#include "jobs/parts/scoring.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace jobs {

/// True where there is a substitution matrix of that name.
bool has_matrix(std::string const& name);

/// Residues that sequences may have under a matrix, in upper case. Where the matrix has X but not J, O or U
/// (leucine or isoleucine, pyrrolysine, selenocysteine), these may stand too and score as X.
std::string residues_of(std::string const& matrix);

/// True if all of the residues are those of DNA or RNA, while the matrix is one for proteins.
bool looks_like_dna(std::vector<Sequence> const& sequences, std::string const& matrix);

/// By which instructions of the processor scores are computed; they are the same by all.
enum class InstructionSet { best, sse2, sse41, avx2 };
/// True where this processor has them.
bool can_use(InstructionSet set);

/// The least and the greatest score of two residues.
struct ScoreRange {
    int least = 0;
    int greatest = 0;
};

/// True where a kernel that computes with so many bits cannot come below its numbers for sequences of these
/// lengths, whatever they are, on any processor. That it came above them, a kernel tells.
bool is_wide_enough(int bits, Scoring const& scoring, ScoreRange const& matrix, std::size_t query,
                    std::size_t target);

/// Scores alignments; quick where the same query comes several times in a row. One thread.
class Aligner {
  public:
    explicit Aligner(Scoring const& scoring, InstructionSet set = InstructionSet::best);
    Aligner(Aligner&&) noexcept;
    ~Aligner();

    /// Score of the best alignment of two sequences, neither of them empty. Takes 200 bytes or so per
    /// residue. Throws std::runtime_error where the score has no 32 bits.
    std::int32_t score(Sequence const& query, Sequence const& target);

  private:
    class State;
    std::unique_ptr<State> state_;
};

/// Scores of the best alignments of sequence `row` with each that comes after it.
std::vector<std::int32_t> score_row(std::vector<Sequence> const& sequences, Scoring const& scoring,
                                    std::size_t row);

}  // namespace jobs
