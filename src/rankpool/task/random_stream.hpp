// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace rankpool {

/// A stream of random numbers of its own for each (seed, index), usable with <random>. Counter-based
/// (Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011): the
/// key is the seed, the counter is index and position, so that every task's numbers are the same wherever it
/// runs.
class RandomStream {
  public:
    using result_type = std::uint64_t;
    using Block = std::array<std::uint32_t, 4>;

    RandomStream(std::uint64_t seed, std::uint64_t index) : seed_(seed), index_(index) {}

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

    result_type operator()() {
        if (position_ % 2 == 0) block_ = block(seed_, index_, position_ / 2);
        std::size_t const half = position_++ % 2 * 2;
        return block_[half] | std::uint64_t{block_[half + 1]} << 32;
    }

    /// Philox4x32-10 with the seed as key, and the counter number (low half), index (high half).
    static Block block(std::uint64_t seed, std::uint64_t index, std::uint64_t number);

  private:
    std::uint64_t seed_;
    std::uint64_t index_;
    std::uint64_t position_ = 0;
    Block block_{};
};

/// The random numbers of task `index`: `std::normal_distribution{}(stream)`.
inline RandomStream random_stream(std::uint64_t seed, std::uint64_t index) {
    return {seed, index};
}

}  // namespace rankpool
