// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace rankpool::batch {

/// How long tasks took, as a histogram of which each step is 5 % longer than the last: its size does not grow
/// with their number. From a microsecond to two years.
class Durations {
  public:
    void add(double seconds);
    [[nodiscard]] std::uint64_t count() const { return count_; }
    /// The time that this share of the tasks took at most, up to 5 % more; 0 where there are none.
    [[nodiscard]] double quantile(double share) const;

  private:
    static constexpr double shortest = 1e-6;
    static constexpr double step = 1.05;
    std::array<std::uint64_t, 650> counts_{};
    std::uint64_t count_ = 0;
};

}  // namespace rankpool::batch
