// expect: rankpool: what partial binds does not convert
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

#include <string>

double scale(double k, double x) {
    return k * x;
}

auto wrong() {
    return rankpool::partial<scale>(std::string{"two"});
}
