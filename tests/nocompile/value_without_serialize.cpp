// expect: rankpool: this type cannot travel (it has no serialize()). Give it a Boost serialize() member or function
// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

#include <map>
#include <string>

struct Point {
    double x = 0;
};

void send(rankpool::wire::Sink& sink, std::map<std::string, Point> const& value) {
    rankpool::wire::encode(sink, value);
}
