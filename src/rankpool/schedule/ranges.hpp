// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace rankpool::schedule {

/// Consecutive task numbers.
struct Range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;

    [[nodiscard]] std::uint64_t end() const { return first + count; }
};

/// A set of task numbers, kept as ranges: its cost is that of its gaps, not of its numbers.
class Ranges {
  public:
    static constexpr Range everything{0, std::numeric_limits<std::uint64_t>::max()};

    Ranges() = default;
    explicit Ranges(Range range) { add(range); }

    /// Adds numbers that are not there yet; they join their neighbours.
    void add(Range range);
    /// Takes out what is there of `range` and returns it in order.
    std::vector<Range> cut(Range range);

    [[nodiscard]] bool contains(std::uint64_t number) const;
    /// How many of the numbers of `range` are there.
    [[nodiscard]] std::uint64_t count_in(Range range) const;
    /// The lowest numbers without a gap; the set is not empty.
    [[nodiscard]] Range front() const;
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

  private:
    // From end to first, since most cuts take the beginning of a range: its key then stays.
    std::map<std::uint64_t, std::uint64_t> first_by_end_;
    std::uint64_t size_ = 0;
};

}  // namespace rankpool::schedule
