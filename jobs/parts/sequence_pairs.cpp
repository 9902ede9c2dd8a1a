// SPDX-License-Identifier: MIT
#include "jobs/parts/sequence_pairs.hpp"

#include <xxhash.h>

#include <array>

namespace jobs {

SequencePairs::SequencePairs(std::vector<Sequence> const& sequences) : sequences_(&sequences) {
    hashes_.reserve(sequences.size());
    for (auto const& [name, residues] : sequences) {
        hashes_.push_back(::XXH3_64bits(residues.data(), residues.size()));
    }
}

std::size_t SequencePairs::size() const {
    std::size_t const n = sequences_->size();
    return n == 0 ? 0 : n * (n - 1) / 2;
}

SequencePair SequencePairs::pair(std::size_t query, std::size_t target) const {
    std::array const both{hashes_[query], hashes_[target]};
    return {.query = (*sequences_)[query].name,
            .target = (*sequences_)[target].name,
            .residues = static_cast<std::int64_t>(::XXH3_64bits(both.data(), sizeof both))};
}

}  // namespace jobs
