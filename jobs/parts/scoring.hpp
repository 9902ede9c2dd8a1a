// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace jobs {

/// Which part of two sequences an alignment covers.
enum class AlignmentMode {
    /// The stretch of each that gives the best score (Smith and Waterman 1981).
    local,
    /// Both from end to end (Needleman and Wunsch 1970); gaps at the ends cost like others.
    global
};

/// How an alignment is scored: a gap of k residues costs gap_open + (k - 1) * gap_extend (Gotoh 1982). Gaps
/// may stand side by side, which is cheaper where gap_open is less than gap_extend; but one at the start of a
/// global alignment is whole.
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

}  // namespace jobs
