// expect: rankpool: a task cannot return a reference (what it refers to stays in the worker). Return the value
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

int const& same(int const& x) {
    return x;
}

auto id() {
    return rankpool::task::Task<rankpool::task::Function<same>, int>::id();
}
