// SPDX-License-Identifier: MIT
/// pool_trivial chunk1|chunks|apply|CHUNKSIZE N: N tasks that cost nothing; reports tasks per second, or us
/// for each apply.
#include "rankpool/rankpool.hpp"

#include "report.hpp"

#include <cctype>
#include <numeric>
#include <string>

namespace {

long increment(long x) {
    return x + 1;
}

double map_rate(rankpool::Pool& pool, long count, rankpool::MapOptions const& options) {
    std::vector<long> xs(static_cast<std::size_t>(count));
    std::iota(xs.begin(), xs.end(), 0L);
    std::vector<long> ys;
    double const seconds = benchmark::seconds([&] { ys = pool.map<increment>(xs, options); });
    if (ys.front() != 1 || ys.back() != count) throw std::logic_error("wrong results");
    return static_cast<double>(count) / seconds;
}

double apply_time(rankpool::Pool& pool, long count) {
    std::vector<double> times;
    for (long i = 0; i < count; ++i) times.push_back(benchmark::seconds([&] { pool.apply<increment>(i); }));
    return benchmark::median(std::move(times));
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        std::string const what = argc == 3 ? argv[1] : "";
        long const count = argc == 3 ? std::stol(argv[2]) : 0;
        auto pool = context.pool();
        rankpool::MapOptions options;
        if (what == "chunk1") options.chunksize = 1;
        if (std::isdigit(what[0])) options.chunksize = std::stoul(what);
        map_rate(pool, count / 10, options);  // a warm-up
        if (what == "apply")
            benchmark::report("us", 1e6 * apply_time(pool, count));
        else
            benchmark::report("rate", map_rate(pool, count, options));
        return 0;
    });
}
