// expect: rankpool: this function object cannot travel (it has members but no serialize())
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

struct Scale {
    double k = 2;
    double operator()(double x) const { return k * x; }
};

auto id() {
    return rankpool::task::Task<Scale, double>::id();
}
