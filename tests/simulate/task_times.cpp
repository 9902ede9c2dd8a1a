// SPDX-License-Identifier: MIT
#include "tests/simulate/task_times.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <queue>
#include <random>

namespace rankpool::simulate {

using std::chrono::nanoseconds;

TaskTimes equal_times(std::size_t count, nanoseconds each) {
    return TaskTimes(count, each);
}

TaskTimes uniform_times(std::size_t count, nanoseconds least, nanoseconds most, unsigned seed) {
    std::mt19937_64 random{seed};
    std::uniform_int_distribution<nanoseconds::rep> time{least.count(), most.count()};
    TaskTimes times(count);
    for (auto& each : times) each = nanoseconds{time(random)};
    return times;
}

TaskTimes log_normal_times(std::size_t count, nanoseconds mean, unsigned seed) {
    constexpr double sigma = 1;
    std::mt19937_64 random{seed};
    auto const mu = std::log(static_cast<double>(mean.count())) - sigma * sigma / 2;
    std::lognormal_distribution<double> time{mu, sigma};
    TaskTimes times(count);
    for (auto& each : times) each = nanoseconds{static_cast<nanoseconds::rep>(time(random))};
    return times;
}

TaskTimes one_giant(std::size_t count, nanoseconds each, nanoseconds giant, unsigned seed) {
    std::mt19937_64 random{seed};
    TaskTimes times = equal_times(count, each);
    times.at(std::uniform_int_distribution<std::size_t>{0, count - 1}(random)) = giant;
    return times;
}

nanoseconds serial_time(TaskTimes const& times) {
    return std::accumulate(times.begin(), times.end(), nanoseconds{0});
}

double greedy_efficiency(std::size_t workers, TaskTimes const& times) {
    std::vector<nanoseconds> const start(workers);
    std::priority_queue<nanoseconds, std::vector<nanoseconds>, std::greater<>> free_at{std::greater<>{},
                                                                                       start};
    nanoseconds end{0};
    for (nanoseconds const time : times) {
        nanoseconds const done = free_at.top() + time;
        free_at.pop();
        free_at.push(done);
        end = std::max(end, done);
    }
    return static_cast<double>(serial_time(times).count()) / static_cast<double>(workers) /
           static_cast<double>(end.count());
}

}  // namespace rankpool::simulate
