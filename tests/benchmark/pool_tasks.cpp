// SPDX-License-Identifier: MIT
/// pool_tasks MICROSECONDS N: N tasks that keep a core busy for so long, as peers/work.py does.
#include "rankpool/rankpool.hpp"

#include "report.hpp"

#include <string>

namespace {

int work(double seconds, int number) {
    using Clock = std::chrono::steady_clock;
    auto const end = Clock::now() + std::chrono::duration<double>(seconds);
    while (Clock::now() < end) {
    }
    return number + 1;
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        double const seconds = argc == 3 ? std::stod(argv[1]) / 1e6 : 0;
        std::vector<int> const numbers(argc == 3 ? std::stoul(argv[2]) : 0);
        auto pool = context.pool();
        auto const task = rankpool::partial<work>(seconds);
        pool.map(task, std::vector<int>(pool.size()));  // a warm-up
        double const took = benchmark::seconds([&] { pool.map(task, numbers); });
        benchmark::report("rate", static_cast<double>(numbers.size()) / took);
        return 0;
    });
}
