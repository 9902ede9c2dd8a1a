// expect: rankpool: a pointer cannot travel to another process
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

char const* name(int) {
    return "name";
}

auto id() {
    return rankpool::task::Task<rankpool::task::Function<name>, int>::id();
}
