// expect: rankpool: the function cannot be called with these arguments (each is a copy made for the call)
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

auto const grow = [](auto& x) { ++x; };

auto id() {
    return rankpool::task::Task<std::remove_const_t<decltype(grow)>, int>::id();
}
