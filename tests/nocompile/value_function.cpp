// expect: rankpool: a std::function cannot travel
// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

#include <functional>

void send(rankpool::wire::Sink& sink, std::function<void()> const& value) {
    rankpool::wire::encode(sink, value);
}
