// expect: rankpool: a task cannot take a non-const reference (it works on its own copy). Take the value or a const reference, and return the result
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

#include <vector>

void sort(std::vector<int>& values) {
    values.clear();
}

auto id() {
    return rankpool::task::Task<rankpool::task::Function<sort>, std::vector<int>>::id();
}
