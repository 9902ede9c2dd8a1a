// SPDX-License-Identifier: MIT
/// pool_uneven FILE: the tasks of FILE, serial and by a pool in turn.
#include "rankpool/rankpool.hpp"

#include "uneven_turns.hpp"

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        auto const tasks = benchmark::read_tasks(argc == 2 ? argv[1] : "");
        auto pool = context.pool();
        pool.map<uneven_work>(std::vector<std::uint64_t>(pool.size(), 1));  // a warm-up
        benchmark::take_turns(tasks, [&](auto const& steps) { return pool.map<uneven_work>(steps); });
        return 0;
    });
}
