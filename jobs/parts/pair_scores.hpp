// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/fasta.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace jobs {

/// The scores of all pairs i < j of n sequences, in file order: 4 bytes each.
class PairScores {
  public:
    explicit PairScores(std::size_t sequences) : size_(sequences) {}

    /// Pairs among `n` sequences.
    static constexpr std::size_t count(std::size_t n) { return n == 0 ? 0 : n * (n - 1) / 2; }

    /// Adds the score of the next pair.
    void add(std::int32_t score) { scores_.push_back(score); }
    /// True if every pair has a score.
    [[nodiscard]] bool is_complete() const { return scores_.size() == count(size_); }

    /// Adds the scores of the next sequence with each that comes after it.
    void add_row(std::vector<std::int32_t> const& row) {
        scores_.insert(scores_.end(), row.begin(), row.end());
    }

    /// Number of sequences.
    [[nodiscard]] std::size_t size() const { return size_; }
    /// Score of two different sequences, in either order.
    [[nodiscard]] std::int32_t at(std::size_t one, std::size_t other) const;
    [[nodiscard]] std::vector<std::int32_t> const& all() const { return scores_; }

  private:
    std::size_t size_;
    std::vector<std::int32_t> scores_;
};

/// One pair and its score.
struct ScoredPair {
    std::size_t query = 0;
    std::size_t target = 0;
    std::int32_t score = 0;
};

/// The `limit` best pairs, best first; pairs of equal score in file order.
std::vector<ScoredPair> best_pairs(PairScores const& scores, std::size_t limit);

/// A table for people to read, with a title.
std::string pair_table(std::vector<ScoredPair> const& pairs, std::vector<Sequence> const& sequences);

/// Where text goes, piece by piece.
using Writer = std::function<void(std::string_view)>;

/// One line for each pair, `query,target,score,length_query,length_target`, and that as the first (RFC 4180,
/// but lines end with a single newline).
void write_pair_csv(PairScores const& scores, std::vector<Sequence> const& sequences, Writer const& write);

}  // namespace jobs
