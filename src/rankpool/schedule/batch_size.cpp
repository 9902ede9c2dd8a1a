// SPDX-License-Identifier: MIT
#include "rankpool/schedule/batch_size.hpp"

#include "rankpool/schedule/scheduler.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdint>

namespace rankpool::schedule {
namespace {

/// A batch may have this many times the tasks measured so far: the first ones may mislead.
constexpr double growth = 8;
/// Below this, sharing a parcel evenly costs more than it gains.
constexpr TaskTime cheap = std::chrono::microseconds{1};
/// Waiting behind this is worse than a round trip for the next batch.
constexpr TaskTime long_wait = std::chrono::milliseconds{1};

/// Chunks that fill a batch, however many tasks there are.
std::uint64_t full_batch(Outlook const& outlook) {
    if (!outlook.measured) return 1;
    constexpr double endless = 1e18;
    double const by_time = TaskTime{Scheduler::batch_time} / std::max(outlook.measured->mean, TaskTime{1e-3});
    double const by_bytes = outlook.task_bytes > 0 ? Scheduler::batch_bytes / outlook.task_bytes : endless;
    double const by_evidence = growth * outlook.measured->tasks;
    auto const tasks = static_cast<std::uint64_t>(std::min({by_time, by_bytes, by_evidence, endless}));
    return std::max<std::uint64_t>(tasks / outlook.chunksize, 1);
}

}  // namespace

std::uint64_t batch_chunks(Outlook const& outlook) {
    assert(outlook.chunksize > 0 && outlook.members > 0);
    std::uint64_t const full = full_batch(outlook);
    if (outlook.measured && outlook.measured->mean < cheap) return full;
    // Half of the rest over the places for batches: each member has two.
    std::uint64_t const share = outlook.at_hand / 2 / (2 * outlook.members) / outlook.chunksize;
    return std::clamp<std::uint64_t>(share, 1, full);
}

bool prefetch_pays(Outlook const& outlook) {
    std::uint64_t const chunks_each = outlook.at_hand / outlook.members / outlook.chunksize;
    if (!outlook.measured) return chunks_each >= 1;
    if (outlook.measured->mean * static_cast<double>(outlook.chunksize) < long_wait) return true;
    return chunks_each >= full_batch(outlook);
}

}  // namespace rankpool::schedule
