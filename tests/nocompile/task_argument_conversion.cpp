// expect: rankpool: this argument does not convert to the function's parameter
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

#include <string>

double square(double x) {
    return x * x;
}

void send(rankpool::wire::Sink& sink, std::string const& text) {
    rankpool::task::Task<rankpool::task::Function<square>, std::string>::encode_arguments(sink, text);
}
