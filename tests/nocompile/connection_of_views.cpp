// expect: rankpool: a std::string_view cannot travel
// SPDX-License-Identifier: MIT
#include "rankpool/rankpool.hpp"

auto make(rankpool::Context& context) {
    return context.pipe<int, std::string_view>();
}
