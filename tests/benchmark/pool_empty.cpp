// SPDX-License-Identifier: MIT
/// pool_empty [pool] [hold]: does nothing, with a pool if asked for; `hold` says "ready" and waits for a line
/// on standard input.
#include "rankpool/rankpool.hpp"

#include <iostream>
#include <string>

namespace {

int nothing(int x) {
    return x;
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        std::vector<std::string> const words(argv + 1, argv + argc);
        auto const asked = [&](char const* word) { return std::ranges::count(words, word) != 0; };
        std::optional<rankpool::Pool> pool;
        if (asked("pool")) {
            pool.emplace(context.pool());
            pool->map<nothing>(std::vector<int>(pool->size()), {.chunksize = 1});
        }
        if (asked("hold")) {
            std::cout << "ready" << std::endl;
            std::string line;
            std::getline(std::cin, line);
        }
        return 0;
    });
}
