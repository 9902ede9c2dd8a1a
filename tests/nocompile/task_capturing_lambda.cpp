// expect: rankpool: a lambda that captures cannot travel (its captures have no serialize()). Pass the extra data with rankpool::partial<f>(data...)
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

auto id(double k) {
    auto const scale = [k](double x) { return k * x; };
    return rankpool::task::Task<std::remove_const_t<decltype(scale)>, double>::id();
}
