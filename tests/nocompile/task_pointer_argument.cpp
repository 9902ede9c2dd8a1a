// expect: rankpool: a pointer cannot travel to another process
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

double first(double const* values) {
    return *values;
}

auto id() {
    return rankpool::task::Task<rankpool::task::Function<first>, double*>::id();
}
