// SPDX-License-Identifier: MIT
#include "rankpool/batch/resources/memory_need.hpp"

#include <algorithm>
#include <cmath>

namespace rankpool::batch {
namespace {

/// One whose memory did not suffice gets so much of it when it is tried again.
constexpr double more_memory = 1.5;
/// Others like it may need a little more.
constexpr double reserve = 1.1;

std::uint64_t times(std::uint64_t bytes, double share) {
    return static_cast<std::uint64_t>(std::min(static_cast<double>(bytes) * share, 9e18));
}

}  // namespace

std::uint64_t KnownMemory::raised(std::uint64_t bytes) const {
    return times(bytes, std::pow(more_memory, failures));
}

std::uint64_t memory_need(std::uint64_t asked, KnownMemory const& known, std::uint64_t memory,
                          unsigned workers) {
    if (known.failures > 0) {
        auto const share = memory / std::max(workers, 1U);
        auto const had = known.limit > 0 ? known.limit : std::max({known.peak, known.failed, share});
        auto const before = asked > 0 ? asked : had;
        return std::min(known.raised(before), std::max(memory, asked));
    }
    if (asked > 0) return asked;
    auto const learned = std::min(times(known.peak, reserve), memory);
    return learned > memory / std::max(workers, 1U) ? learned : 0;
}

}  // namespace rankpool::batch
