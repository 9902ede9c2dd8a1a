// expect: rankpool: the function takes another number of arguments than it is given
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

double scale(double k, double x) {
    return k * x;
}

auto id() {
    return rankpool::task::Task<rankpool::task::Function<scale>, double>::id();
}
