// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace rankpool::batch {

/// What is known of the memory that a run's tasks need.
struct KnownMemory {
    std::uint64_t peak = 0;    ///< bytes that the largest had until now, in this run and the last one like it
    std::uint64_t limit = 0;   ///< beyond which they are ended; 0: none
    std::uint64_t failed = 0;  ///< that this task had when that was too little for the first time
    unsigned failures = 0;     ///< the number of times that this task had too little

    /// What suffices for those that had too little so far.
    [[nodiscard]] std::uint64_t raised(std::uint64_t bytes) const;
};

/// How many bytes a task is to have for itself on a node with `memory` of them, where `workers` are at such
/// tasks: what was `asked`, or else what the largest had, if as much is not there for all workers at once;
/// half as much more for each time that it had too little, up to all that the node has. What one had that the
/// system has ended says little of what it needs: it may just have begun. It counts for a worker's share.
std::uint64_t memory_need(std::uint64_t asked, KnownMemory const& known, std::uint64_t memory,
                          unsigned workers);

}  // namespace rankpool::batch
