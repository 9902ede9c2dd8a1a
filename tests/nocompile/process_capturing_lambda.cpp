// expect: rankpool: a lambda that captures cannot travel
// SPDX-License-Identifier: MIT
#include "rankpool/rankpool.hpp"

auto make(rankpool::Context& context, int x) {
    return context.process([x] { return x; });
}
