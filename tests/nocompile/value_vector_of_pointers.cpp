// expect: rankpool: a pointer cannot travel
// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

#include <vector>

void send(rankpool::wire::Sink& sink, std::vector<int*> const& value) {
    rankpool::wire::encode(sink, value);
}
