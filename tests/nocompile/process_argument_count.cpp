// expect: rankpool: the function takes another number of arguments than it is given
// SPDX-License-Identifier: MIT
#include "rankpool/rankpool.hpp"

void greet(int /*times*/, std::string const& /*name*/) {}

auto make(rankpool::Context& context) {
    return context.process<greet>(1);
}
