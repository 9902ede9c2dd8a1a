// SPDX-License-Identifier: MIT
// Another program than ending_program, to be started beside it.
#include "rankpool/rankpool.hpp"

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [](rankpool::Context& context) {
        return context.pool().apply([](int x) { return x; }, 0);
    });
}
