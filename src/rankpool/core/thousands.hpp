// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace rankpool {

/// A number below 1000, as it is written, and the power of 1000 that it is to be multiplied by.
struct Scaled {
    double number;
    std::size_t power;
};

inline Scaled in_thousands(double amount, std::size_t largest_power) {
    std::size_t power = 0;
    for (; amount >= 999.5 && power < largest_power; ++power) amount /= 1000;
    return {amount, power};
}

}  // namespace rankpool
