// expect: rankpool: this type cannot travel (it has no default constructor to rebuild it with)
// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

struct Point {
    explicit Point(double value) : x(value) {}
    template <class Archive>
    void serialize(Archive& archive, unsigned int) {
        archive& x;
    }
    double x;
};

void send(rankpool::wire::Sink& sink, Point const& value) {
    rankpool::wire::encode(sink, value);
}
