// expect: rankpool: a function pointer cannot travel (addresses differ between processes). Write pool.map<f>(...) instead
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

auto id() {
    return rankpool::task::Task<double (*)(double), double>::id();
}
