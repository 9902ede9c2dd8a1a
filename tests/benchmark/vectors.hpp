// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

namespace benchmark {

using Vector = std::vector<double>;
constexpr std::size_t vector_length = 64 * 1024 * 1024 / sizeof(double);

/// GB/s of a vector that goes there and comes back in so many seconds.
inline double gigabytes_per_second(double seconds) {
    return 2.0 * static_cast<double>(vector_length * sizeof(double)) / 1e9 / seconds;
}

}  // namespace benchmark
