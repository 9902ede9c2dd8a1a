// SPDX-License-Identifier: MIT
#include <rankpool/rankpool.hpp>

#include <iostream>
#include <numeric>
#include <vector>

long square(long x) {
    return x * x;
}

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [](rankpool::Context& ctx) {
        std::vector<long> xs(100);
        std::iota(xs.begin(), xs.end(), 1);
        auto pool = ctx.pool();
        auto const ys = pool.map<square>(xs);
        std::cout << std::accumulate(ys.begin(), ys.end(), 0L) << " by " << ctx.size() << " ranks\n";
        return 0;
    });
}
