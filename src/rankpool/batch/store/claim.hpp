// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/attempt.hpp"

#include <array>
#include <cstddef>

namespace rankpool::batch {

/// The 128 bits by which an input is known again.
using InputKey = std::array<std::byte, 16>;

/// What is known of an input when it comes by.
struct Claim {
    enum class State { open, done, failed };
    State state = State::open;
    unsigned attempts = 0;  ///< that have failed before
    AttemptOutcome outcome = AttemptOutcome::ok;
};

}  // namespace rankpool::batch
