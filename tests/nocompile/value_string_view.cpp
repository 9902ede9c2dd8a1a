// expect: rankpool: a std::string_view cannot travel (it does not own its text). Send std::string
// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

#include <string_view>
#include <utility>

void send(rankpool::wire::Sink& sink, std::pair<int, std::string_view> const& value) {
    rankpool::wire::encode(sink, value);
}
