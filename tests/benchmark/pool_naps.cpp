// SPDX-License-Identifier: MIT
/// pool_naps TASKS_PER_WORKER: tasks that sleep 50 ms, on all workers.
#include "rankpool/rankpool.hpp"

#include "report.hpp"

#include <string>
#include <thread>

namespace {

constexpr std::chrono::milliseconds length{50};

int nap(int number) {
    std::this_thread::sleep_for(length);
    return number;
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        int const each = argc == 2 ? std::stoi(argv[1]) : 20;
        auto pool = context.pool();
        std::vector<int> xs(pool.size() * static_cast<std::size_t>(each));
        pool.map<nap>(std::vector<int>(pool.size()), {.chunksize = 1});  // a warm-up
        double const ideal = std::chrono::duration<double>(length * each).count();
        benchmark::report("share", ideal / benchmark::seconds([&] { pool.map<nap>(xs); }));
        return 0;
    });
}
