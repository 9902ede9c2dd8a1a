// SPDX-License-Identifier: MIT
/// pool_beside N: N times six short calls that are made right after a long one; reports the milliseconds
/// until the last of the six is there.
#include "rankpool/rankpool.hpp"

#include "report.hpp"

#include <chrono>
#include <string>
#include <thread>

namespace {

int nap(int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds{ms});
    return ms;
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        int const times = argc == 2 ? std::stoi(argv[1]) : 0;
        auto pool = context.pool();
        pool.map<nap>(std::vector<int>(pool.size(), 1));  // a warm-up
        std::vector<double> waits;
        for (int i = 0; i < times; ++i) {
            auto slow = pool.apply_async<nap>(300);
            waits.push_back(1e3 * benchmark::seconds([&] {
                                std::vector<rankpool::AsyncResult<int>> fast;
                                for (int k = 0; k < 6; ++k) fast.push_back(pool.apply_async<nap>(1));
                                for (auto& result : fast) result.get();
                            }));
            slow.get();
        }
        benchmark::report("ms", benchmark::median(waits));
        return 0;
    });
}
