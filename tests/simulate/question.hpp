// SPDX-License-Identifier: MIT
#pragma once

#include "tests/simulate/pool_simulation.hpp"
#include "tests/simulate/task_times.hpp"

#include <string>
#include <string_view>

namespace rankpool::simulate {

/// A map to be simulated, as one line of text: names and values in turn, such as
/// "workers 128 length 5e7 times log_normal send 9000". Times are in nanoseconds.
struct Question {
    Setup setup{};
    TaskTimes times{};
    bool wants_greedy = false;
};

/// Throws std::invalid_argument where a name or a value is none.
Question parse_question(std::string_view line);
/// Names and values in turn.
std::string answer(Question const& question);

}  // namespace rankpool::simulate
