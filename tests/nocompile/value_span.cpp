// expect: rankpool: a std::span cannot travel (it does not own what it shows). Send a std::vector
// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

#include <span>

void send(rankpool::wire::Sink& sink, std::span<double const> const& value) {
    rankpool::wire::encode(sink, value);
}
