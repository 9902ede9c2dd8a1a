// expect: rankpool: a lambda that captures cannot travel
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

auto id(double k) {
    auto const scale = rankpool::partial([k](double x, double y) { return k * x * y; }, 2.0);
    return rankpool::task::Task<std::remove_const_t<decltype(scale)>, double>::id();
}
