// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace benchmark {

using Vector = std::vector<double>;

/// Numbers in a vector of so many bytes; without a word, of 64 MiB.
inline std::size_t length_of(char const* bytes = nullptr) {
    return (bytes ? std::stoul(bytes) : 64UL * 1024 * 1024) / sizeof(double);
}

/// GB/s of a vector of so many numbers that goes there and comes back in so many seconds.
inline double gigabytes_per_second(std::size_t length, double seconds) {
    return 2.0 * static_cast<double>(length * sizeof(double)) / 1e9 / seconds;
}

}  // namespace benchmark
