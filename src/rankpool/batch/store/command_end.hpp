// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/std_types.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rankpool::batch {

/// How a command ended that was a task, and what it took.
struct CommandEnd {
    std::optional<int> exit_code;
    std::optional<int> signal;
    /// Of a failure: `exit`, `signal`, `timeout`, `memory`, `output` (too much of it), `answer` (a persistent
    /// one said what is wrong, or nothing that can be understood), `start` (it is not there, or may not be
    /// executed), `told` (to end, as the run does).
    std::string cause;
    double user_seconds = 0;
    double system_seconds = 0;
    std::int64_t peak_memory = 0;  ///< bytes, of it and what it has started; 0: too short to be seen
    unsigned slot = 0;
    std::string command;  ///< as it can be typed; its start, where it is long
    std::uint64_t out_bytes = 0;
    unsigned cpus = 0;        ///< that it had for itself; 0: not counted
    std::string odd_numbers;  ///< fields of its row, see odd_numbers_in

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& exit_code& signal& cause& user_seconds& system_seconds& peak_memory& slot& command&
            out_bytes& cpus& odd_numbers;
    }
};

}  // namespace rankpool::batch
