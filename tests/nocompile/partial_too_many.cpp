// expect: rankpool: partial binds more arguments than the function takes
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

double square(double x) {
    return x * x;
}

auto too_many() {
    return rankpool::partial<square>(1.0, 2.0);
}
