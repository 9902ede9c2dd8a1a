// SPDX-License-Identifier: MIT
#include "uneven_work.hpp"

std::uint64_t uneven_work(std::uint64_t steps) {
    std::uint64_t x = steps | 1;
    for (std::uint64_t i = 0; i < steps; ++i) x = x * 6364136223846793005U + 1442695040888963407U;
    return x;
}
