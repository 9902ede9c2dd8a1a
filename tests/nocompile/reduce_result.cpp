// expect: rankpool: the reduction must give what it takes
// SPDX-License-Identifier: MIT
#include "rankpool/task/reduce_task.hpp"

#include <string>
#include <utility>

double square(double x) {
    return x * x;
}
std::string join(double, double) {
    return "no number";
}

using Square = rankpool::task::Function<square>;
using Join = rankpool::task::Function<join>;
auto id() {
    return rankpool::task::ReduceTask<Square, Join, double>::id();
}
