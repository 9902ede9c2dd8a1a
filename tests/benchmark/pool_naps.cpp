// SPDX-License-Identifier: MIT
/// pool_naps TASKS_PER_WORKER [MILLISECONDS]: tasks that sleep so long, else 50 ms, on all workers.
#include "rankpool/rankpool.hpp"

#include "report.hpp"

#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

int nap(int milliseconds, int number) {
    std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
    return number;
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        int const each = argc > 1 ? std::stoi(argv[1]) : 20;
        int const milliseconds = argc > 2 ? std::stoi(argv[2]) : 50;
        auto pool = context.pool();
        std::vector<int> xs(pool.size() * static_cast<std::size_t>(each));
        std::iota(xs.begin(), xs.end(), 0);
        auto const task = rankpool::partial<nap>(milliseconds);
        pool.map(rankpool::partial<nap>(50), std::vector<int>(pool.size()), {.chunksize = 1});  // a warm-up
        std::vector<int> ys;
        double const seconds = benchmark::seconds([&] { ys = pool.map(task, xs); });
        if (ys != xs) throw std::logic_error("wrong results");
        benchmark::report("share", each * milliseconds / 1e3 / seconds);
        benchmark::report("workers", static_cast<double>(pool.size()));
        return 0;
    });
}
