// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/claim.hpp"
#include "rankpool/core/deadline.hpp"

#include <cstdint>
#include <string>

namespace rankpool::batch {

/// A task from the moment its input is read until nothing more is done about it. Who knows the job's types
/// derives from it, and adds the input and the result.
struct Flight {
    Flight() = default;
    Flight(Flight const&) = delete;
    Flight& operator=(Flight const&) = delete;
    virtual ~Flight() = default;

    /// It will be tried again: frees the result, if it has one.
    virtual void drop_result() = 0;

    /// The attempt that is made now or next, among those of all sessions.
    [[nodiscard]] unsigned attempt() const { return before.attempts + failures + 1; }

    std::int64_t task = 0;            ///< its number in the store, from 0
    InputKey key{};                   ///< of the input
    Claim before;                     ///< in earlier sessions
    unsigned failures = 0;            ///< in this session
    unsigned not_begun = 0;           ///< of these, because of the node and not the task
    unsigned memory_failures = 0;     ///< of these, for its memory
    std::uint64_t failed_memory = 0;  ///< bytes that it had at the first of them
    Clock::time_point next_try{};     ///< it is not to begin before
    std::string text;                 ///< the input in short, once the status has listed it
};

}  // namespace rankpool::batch
