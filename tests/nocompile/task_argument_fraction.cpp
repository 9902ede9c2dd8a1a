// expect: rankpool: this argument would lose its fraction
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

int half(int x) {
    return x / 2;
}

void send(rankpool::wire::Sink& sink, double x) {
    rankpool::task::Task<rankpool::task::Function<half>, double>::encode_arguments(sink, x);
}
