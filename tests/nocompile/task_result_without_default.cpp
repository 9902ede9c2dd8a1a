// expect: rankpool: an argument or result needs a default constructor
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

struct Point {
    explicit Point(double value) : x(value) {}
    template <class Archive>
    void serialize(Archive& archive, unsigned int) {
        archive& x;
    }
    double x;
};

// Enough for what a pointer points to.
template <class Archive>
void load_construct_data(Archive&, Point* point, unsigned int const) {
    ::new (point) Point{0};
}

Point make(double x) {
    return Point{x};
}

auto const id = rankpool::task::Task<rankpool::task::Function<make>, double>::id();
