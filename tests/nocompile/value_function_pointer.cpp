// expect: rankpool: a function pointer cannot travel (addresses differ between processes)
// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

#include <optional>

void send(rankpool::wire::Sink& sink, std::optional<void (*)()> const& value) {
    rankpool::wire::encode(sink, value);
}
