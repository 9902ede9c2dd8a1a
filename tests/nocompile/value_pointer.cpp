// expect: rankpool: a pointer cannot travel to another process (its address means nothing there). Send the value
// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

#include <utility>

void send(rankpool::wire::Sink& sink, std::pair<int, char const*> const& value) {
    rankpool::wire::encode(sink, value);
}
