// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace rankpool::supervisor {

/// The task records of one call that are not finished, in the pieces their owner sent them in: kept so that a
/// task can be handed out again when its worker is lost.
class Parcels {
  public:
    /// Adds the next `count` tasks; without records, the owner holds the one task's value.
    void add(std::uint64_t count, std::span<std::byte const> records);
    /// Adds one task whose record came in several pieces.
    void add(std::vector<std::byte> record);

    struct Slice {
        std::uint64_t count;
        std::span<std::byte const> records;  ///< empty if the owner holds the one task's value
    };
    /// The records of tasks from `first` on: at most `count`, and no further than their parcel goes.
    Slice slice(std::uint64_t first, std::uint64_t count);

    /// Forgets the parcels whose tasks are all below `task`; returns the bytes that were freed.
    std::uint64_t drop_below(std::uint64_t task);

  private:
    struct Parcel {
        std::uint64_t first;
        std::uint64_t count;
        std::vector<std::byte> records;
        std::uint64_t at_task;  ///< where the last slice ended, and the next one most often begins
        std::size_t at_byte;
    };

    std::deque<Parcel> parcels_;
    std::uint64_t next_ = 0;
};

}  // namespace rankpool::supervisor
