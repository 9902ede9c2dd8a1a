// expect: rankpool: a member function pointer cannot travel
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

struct Model {
    double run(double x) { return x; }
};

auto id() {
    return rankpool::task::Task<double (Model::*)(double), Model, double>::id();
}
