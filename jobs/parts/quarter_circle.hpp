// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace jobs {

/// Samples that are drawn together from one random stream; the last block may have fewer.
constexpr std::uint64_t block_size = std::uint64_t{1} << 20;

/// Blocks that `samples` make up.
constexpr std::uint64_t block_count(std::uint64_t samples) {
    return samples / block_size + (samples % block_size != 0 ? 1 : 0);
}

/// How many of the samples of `block`, points of the unit square, are less than 1 from the corner. Depends on
/// nothing but the arguments.
std::uint64_t hits_in_block(std::uint64_t seed, std::uint64_t samples, std::uint64_t block);

/// Pi by the share of hits, and the standard error of that.
struct PiEstimate {
    double value = 0;
    double standard_error = 0;
};
PiEstimate estimate_pi(std::uint64_t hits, std::uint64_t samples);

}  // namespace jobs
