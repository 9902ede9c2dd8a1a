// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/fasta.hpp"

#include <boost/serialization/nvp.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

namespace jobs {

/// Two sequences to be aligned, known by their names; `residues` is a hash of what they are, so that a pair
/// of which one has changed is another pair.
struct SequencePair {
    std::string query;
    std::string target;
    std::int64_t residues = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(query) & BOOST_SERIALIZATION_NVP(target) &
            BOOST_SERIALIZATION_NVP(residues);
    }
};

/// All pairs i < j of sequences in file order, made one by one. The sequences must stay where they are.
class SequencePairs {
  public:
    class Iterator {
      public:
        using value_type = SequencePair;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;

        Iterator() = default;
        Iterator(SequencePairs const& pairs, std::size_t query)
            : pairs_(&pairs), query_(query), target_(query + 1) {}

        SequencePair operator*() const { return pairs_->pair(query_, target_); }
        Iterator& operator++() {
            if (++target_ == pairs_->sequences_->size()) target_ = ++query_ + 1;
            return *this;
        }
        Iterator operator++(int) {
            Iterator const before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(Iterator const& a, Iterator const& b) {
            return a.query_ == b.query_ && a.target_ == b.target_;
        }

      private:
        SequencePairs const* pairs_ = nullptr;
        std::size_t query_ = 0;
        std::size_t target_ = 0;
    };

    explicit SequencePairs(std::vector<Sequence> const& sequences);

    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, sequences_->empty() ? 0 : sequences_->size() - 1}; }
    [[nodiscard]] std::size_t size() const;

  private:
    [[nodiscard]] SequencePair pair(std::size_t query, std::size_t target) const;

    std::vector<Sequence> const* sequences_;
    std::vector<std::uint64_t> hashes_;
};

}  // namespace jobs
