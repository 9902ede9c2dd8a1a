// SPDX-License-Identifier: MIT
// The least program with a pool.
#include <rankpool/rankpool.hpp>

#include <vector>

double half(double x) {
    return x / 2;
}

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [](rankpool::Context& context) {
        auto const halves = context.pool().map<half>(std::vector<double>{1, 2, 3});
        return halves.size() == 3 ? 0 : 1;
    });
}
