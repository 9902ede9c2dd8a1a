// expect: rankpool: a std::function cannot travel (what it holds is unknown to the compiler). Write pool.map<f>(...)
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

#include <functional>

auto id() {
    return rankpool::task::Task<std::function<double(double)>, double>::id();
}
