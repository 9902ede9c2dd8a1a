// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rankpool::batch {

/// A process that holds a lock or the like of the run now, or waits for it.
struct HeldNow {
    std::string object;
    std::string process;
    int rank = 0;
    bool waits = false;
    std::int64_t amount = 0;
    std::optional<double> seconds;  ///< for so long
};

}  // namespace rankpool::batch
