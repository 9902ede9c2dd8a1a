// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/command_end.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/wire/std_types.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rankpool::batch {

/// How a task went in its worker.
struct Measurement {
    double started = 0;  ///< seconds since 1970
    double seconds = 0;
    std::int64_t peak_memory = 0;  ///< of the worker so far, in bytes
    int pid = 0;
    int processor = -1;    ///< on which alone its worker runs; negative: on several
    std::string error;     ///< type and text of what was thrown
    bool begun = true;     ///< false: it could not be begun on this node, which is not the task's fault
    bool is_left = false;  ///< it was not begun, as the run was over
    std::string out;       ///< of a task that failed: what it had written
    std::string err;
    std::optional<CommandEnd> command;  ///< where the task was one

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& started& seconds& peak_memory& pid& processor& error& begun& is_left& out& err& command;
    }
};

/// Which of a run's tasks it is; and where the task leaves how its command ended, and how long it waited.
struct TaskPlace {
    std::int64_t task = 0;     ///< its number in the store, from 0
    unsigned attempt = 1;      ///< the number of times that it has been begun, this one among them
    double limit = 0;          ///< seconds that it may take; 0: any
    std::uint64_t memory = 0;  ///< bytes that the largest task before had, where that is measured
    std::uint64_t failed_memory =
        0;                         ///< bytes that it had when its memory did not suffice for the first time
    unsigned memory_failures = 0;  ///< the number of times that its memory did not suffice, in this session
    unsigned slot = 1;             ///< the worker that does it, from 1 to their number
    std::optional<CommandEnd> end{};
    Clock::duration waited{0};  ///< before it began, for what it needs

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& task& attempt& limit& memory& failed_memory& memory_failures;
    }
};

}  // namespace rankpool::batch
