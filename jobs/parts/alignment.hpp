// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/fasta.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace jobs {

/// Which part of two sequences an alignment covers.
enum class AlignmentMode {
    /// The stretch of each that gives the best score (Smith and Waterman 1981).
    local,
    /// Both from end to end (Needleman and Wunsch 1970); gaps at the ends cost like others.
    global
};

/// How an alignment is scored: a gap of k residues costs gap_open + (k - 1) * gap_extend (Gotoh 1982).
struct Scoring {
    AlignmentMode mode = AlignmentMode::local;
    /// Name of a substitution matrix that Parasail has.
    std::string matrix = "blosum62";
    int gap_open = 11;
    int gap_extend = 1;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& mode& matrix& gap_open& gap_extend;
    }
};

/// True where there is a substitution matrix of that name.
bool has_matrix(std::string const& name);

/// Residues that sequences may have under a matrix, in upper case. Where the matrix has X but not J, O or U
/// (leucine or isoleucine, pyrrolysine, selenocysteine), these may stand too and score as X.
std::string residues_of(std::string const& matrix);

/// Scores alignments; quick where the same query comes several times in a row. One thread.
class Aligner {
  public:
    explicit Aligner(Scoring const& scoring);
    Aligner(Aligner&&) noexcept;
    ~Aligner();

    /// Score of the best alignment of two sequences. Memory: 36 bytes or so per residue.
    std::int32_t score(Sequence const& query, Sequence const& target);

  private:
    class State;
    std::unique_ptr<State> state_;
};

/// Scores of the best alignments of sequence `row` with each that comes after it.
std::vector<std::int32_t> score_row(std::vector<Sequence> const& sequences, Scoring const& scoring,
                                    std::size_t row);

}  // namespace jobs
