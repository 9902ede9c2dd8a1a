// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace jobs {

/// One record of a FASTA file.
struct Sequence {
    /// The first word of the header line.
    std::string name;
    /// Upper-case letters.
    std::string residues;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& name& residues;
    }
};

/// What is in a FASTA file.
struct Fasta {
    std::vector<Sequence> records;
    std::size_t gaps = 0;  ///< were in the sequences, and are left out
};

/// Reads FASTA: a header line `>name anything`, then lines of residues, for each record.
///
/// `alphabet` has the residues that may stand in a sequence, in upper case; the file may have them in either.
/// Blank lines, white space, lines that begin with `;` and the gaps of an alignment, `-` and `.`, do not
/// count. Throws batch::InputError that names `file` and the line where there is no record, no header before
/// the first residue, a header without a name or with one that was there before, a record without residues or
/// of more than ten million, or a byte that is no residue.
Fasta parse_fasta(std::istream& in, std::string const& file, std::string_view alphabet);

/// The same from a file, `-` is standard input; packed by gzip or not, see batch::TextFile.
Fasta read_fasta(std::string const& file, std::string_view alphabet);

}  // namespace jobs
