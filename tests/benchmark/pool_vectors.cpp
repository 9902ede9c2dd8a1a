// SPDX-License-Identifier: MIT
/// pool_vectors TRIPS: 64 MiB vectors to a worker and back: one at a time to rank 0's own worker and to the
/// other rank, and all at once by map.
/// pool_vectors TRIPS BYTES: vectors of so many bytes, one at a time to the other rank alone.
#include "held_worker.hpp"
#include "report.hpp"
#include "vectors.hpp"

#include <array>
#include <string>

namespace {

struct Echo {
    int rank = 0;
    benchmark::Vector value;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& rank& value;
    }
};

Echo echo(benchmark::Vector value) {
    return {rankpool::current_process().rank(), std::move(value)};
}

void one_at_a_time(rankpool::Pool& pool, int trips, std::size_t length) {
    std::array<std::vector<double>, 2> times;    // by the rank that answered
    for (int trip = -2; trip < trips; ++trip) {  // two to warm up
        benchmark::Vector const value(length, trip);
        Echo back;
        double const time = benchmark::seconds([&] { back = pool.apply<echo>(value); });
        if (back.value != value) throw std::logic_error("wrong results");
        if (trip >= 0) times.at(static_cast<std::size_t>(back.rank)).push_back(time);
    }
    for (std::size_t rank = 0; rank < times.size(); ++rank) {
        if (times[rank].empty()) continue;
        benchmark::report("rate_rank" + std::to_string(rank),
                          benchmark::gigabytes_per_second(length, benchmark::median(times[rank])));
    }
}

void to_the_other_rank(rankpool::Pool& pool, int trips, std::size_t length) {
    benchmark::HeldWorker const held(pool);
    one_at_a_time(pool, trips, length);
}

void by_map(rankpool::Pool& pool, int trips, std::size_t length) {
    std::vector<benchmark::Vector> const values(4, benchmark::Vector(length, 1.5));
    std::vector<double> times;
    for (int trip = -2; trip < trips; ++trip) {  // two to warm up
        std::vector<Echo> back;
        double const time = benchmark::seconds([&] { back = pool.map<echo>(values); });
        if (back.back().value != values.back()) throw std::logic_error("wrong results");
        if (trip >= 0) times.push_back(time / 4);
    }
    benchmark::report("rate_map", benchmark::gigabytes_per_second(length, benchmark::median(times)));
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        int const trips = argc > 1 ? std::stoi(argv[1]) : 10;
        auto const length = benchmark::length_of(argc > 2 ? argv[2] : nullptr);
        auto pool = context.pool();
        if (argc <= 2) one_at_a_time(pool, trips, length);
        to_the_other_rank(pool, trips, length);
        if (argc <= 2) by_map(pool, trips, length);
        return 0;
    });
}
