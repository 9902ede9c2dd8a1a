// SPDX-License-Identifier: MIT
/// pool_idle TRIES: says "ready" with workers that have nothing to do, waits for a line on standard input,
/// and then times the first apply after 2 s of idleness.
#include "rankpool/rankpool.hpp"

#include "report.hpp"

#include <iostream>
#include <string>
#include <thread>

namespace {

int where() {
    return rankpool::current_process().rank();
}

int where_is(int /*number*/) {
    return where();
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        int const tries = argc == 2 ? std::stoi(argv[1]) : 5;
        auto pool = context.pool();
        pool.map<where_is>(std::vector<int>(100), {.chunksize = 1});
        std::cout << "ready" << std::endl;
        std::string line;
        std::getline(std::cin, line);
        for (int i = 0; i < tries; ++i) {
            std::this_thread::sleep_for(std::chrono::seconds(2));
            int rank = 0;
            benchmark::report("us", 1e6 * benchmark::seconds([&] { rank = pool.apply<where>(); }));
            benchmark::report("rank", rank);
        }
        return 0;
    });
}
