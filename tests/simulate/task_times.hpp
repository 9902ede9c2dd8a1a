// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

namespace rankpool::simulate {

using TaskTimes = std::vector<std::chrono::nanoseconds>;

/// How long the tasks of a call take, in the order of its inputs; the same for the same seed.
TaskTimes equal_times(std::size_t count, std::chrono::nanoseconds each);
/// Evenly spread from `least` to `most`.
TaskTimes uniform_times(std::size_t count, std::chrono::nanoseconds least, std::chrono::nanoseconds most,
                        unsigned seed);
/// Log-normal with sigma 1: most are short, one in a hundred takes six times the mean.
TaskTimes log_normal_times(std::size_t count, std::chrono::nanoseconds mean, unsigned seed);
/// Equal ones but for one that takes `giant`, at a random place.
TaskTimes one_giant(std::size_t count, std::chrono::nanoseconds each, std::chrono::nanoseconds giant,
                    unsigned seed);

/// All of them one after the other.
std::chrono::nanoseconds serial_time(TaskTimes const& times);
/// What greedy workers reach that ask for one task at a time and get it at once (list scheduling, Graham
/// 1966), as a share of all workers' time.
double greedy_efficiency(std::size_t workers, TaskTimes const& times);

}  // namespace rankpool::simulate
