// expect: rankpool: a member function cannot be a task (it has no object to work on)
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

struct Model {
    double run(double x) { return x; }
};

auto id() {
    return rankpool::task::Task<rankpool::task::Function<&Model::run>, Model, double>::id();
}
