// expect: rankpool: a task cannot take a non-const reference
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

double next(double& state, double x) {
    return state += x;
}

auto id() {
    auto const bound = rankpool::partial<next>(1.0);
    return rankpool::task::Task<std::remove_const_t<decltype(bound)>, double>::id();
}
