// expect: rankpool: a pointer cannot travel to another process
// SPDX-License-Identifier: MIT
#include "rankpool/rankpool.hpp"

auto make(rankpool::Context& context) {
    return context.queue<int*>();
}
