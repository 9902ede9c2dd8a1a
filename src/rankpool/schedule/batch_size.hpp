// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rankpool::schedule {

/// Fractions of a nanosecond matter for the mean of trivial tasks.
using TaskTime = std::chrono::duration<double, std::nano>;

/// What was measured of a call's tasks.
struct Sample {
    /// Of the latest tasks.
    TaskTime mean{0};
    /// How many have been measured in all.
    double tasks = 0;
};

/// What is known when a batch is about to be made.
struct Outlook {
    /// Tasks that nobody has yet.
    std::uint64_t at_hand = 0;
    /// Members of the pool.
    std::size_t members = 1;
    /// Tasks that stay together.
    std::uint64_t chunksize = 1;
    /// Mean of the parcel.
    double task_bytes = 0;
    /// Nothing before the first report.
    std::optional<Sample> measured;
};

/// Chunks worth handing out as one batch, at least one.
[[nodiscard]] std::uint64_t batch_chunks(Outlook const& outlook);

/// Whether a member that still works should get its next batch already. Near the end it should not: what
/// waits behind its long task could run elsewhere.
[[nodiscard]] bool prefetch_pays(Outlook const& outlook);

}  // namespace rankpool::schedule
