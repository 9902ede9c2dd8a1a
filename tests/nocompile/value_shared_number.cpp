// expect: rankpool: a pointer to a number, string, tuple or optional cannot travel
// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

#include <memory>

void send(rankpool::wire::Sink& sink, std::shared_ptr<int> const& value) {
    rankpool::wire::encode(sink, value);
}
