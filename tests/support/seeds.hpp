// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdlib>

namespace rankpool::support {

/// How many seeds a test tries: `usual`, or so many times as many as RANKPOOL_TEST_SEEDS says.
inline std::uint32_t seeds(std::uint32_t usual) {
    char const* const times = std::getenv("RANKPOOL_TEST_SEEDS");
    return usual * (times ? static_cast<std::uint32_t>(std::atoi(times)) : 1);
}

}  // namespace rankpool::support
