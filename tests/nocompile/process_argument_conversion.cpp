// expect: rankpool: this argument does not convert to the function's parameter
// SPDX-License-Identifier: MIT
#include "rankpool/rankpool.hpp"

void greet(rankpool::Queue<std::string> /*out*/) {}

auto make(rankpool::Context& context) {
    return context.process<greet>(context.queue<int>());
}
