// expect: rankpool: a std::span cannot travel
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

#include <span>

std::span<int> part(int) {
    return {};
}

auto id() {
    return rankpool::task::Task<rankpool::task::Function<part>, int>::id();
}
