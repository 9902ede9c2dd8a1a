// SPDX-License-Identifier: MIT
#include "jobs/parts/quarter_circle.hpp"

#include "rankpool/rankpool.hpp"

#include <algorithm>
#include <cmath>

namespace jobs {
namespace {

// The middle of one of 2^32 equal parts of the unit interval.
double coordinate(std::uint32_t part) {
    return (part + 0.5) * 0x1p-32;
}

}  // namespace

std::uint64_t hits_in_block(std::uint64_t seed, std::uint64_t samples, std::uint64_t block) {
    auto stream = rankpool::random_stream(seed, block);
    std::uint64_t const count = std::min(block_size, samples - block * block_size);
    std::uint64_t hits = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        std::uint64_t const bits = stream();
        double const x = coordinate(static_cast<std::uint32_t>(bits));
        double const y = coordinate(static_cast<std::uint32_t>(bits >> 32));
        if (x * x + y * y < 1) ++hits;
    }
    return hits;
}

PiEstimate estimate_pi(std::uint64_t hits, std::uint64_t samples) {
    auto const n = static_cast<double>(samples);
    double const share = static_cast<double>(hits) / n;
    return {.value = 4 * share, .standard_error = 4 * std::sqrt(share * (1 - share) / n)};
}

}  // namespace jobs
