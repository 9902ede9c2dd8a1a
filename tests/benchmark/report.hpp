// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <string_view>
#include <vector>

namespace benchmark {

/// Seconds that `what()` takes by the wall clock.
template <class F>
double seconds(F&& what) {
    auto const start = std::chrono::steady_clock::now();
    what();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The middle value; that of an even number is the upper one.
inline double median(std::vector<double> values) {
    auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Prints "name number" on a line of its own, as benchmark.py reads it.
inline void report(std::string_view name, double value) {
    std::cout << name << ' ' << std::setprecision(10) << value << std::endl;
}

}  // namespace benchmark
