// expect: rankpool: what partial binds would lose its fraction
// SPDX-License-Identifier: MIT
#include "rankpool/task/partial.hpp"

int add(int x, int y) {
    return x + y;
}

auto const add_half = rankpool::partial<add>(0.5);
