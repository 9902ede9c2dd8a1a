// SPDX-License-Identifier: MIT
/// to_all broadcast|results BYTES COUNT: a vector of so many bytes to all ranks, or from all of them
/// together, COUNT times; reports the ms until all of it is there. To be run with one worker on each rank.
#include "rankpool/rankpool.hpp"

#include "../report.hpp"
#include "../vectors.hpp"

#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using benchmark::Vector;

struct Look {
    int rank = 0;
    double sum = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& rank& sum;
    }
};

struct Part {
    int rank = 0;
    Vector numbers;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& rank& numbers;
    }
};

Look ends_of(rankpool::Shared<Vector> const& vector, int /*number*/) {
    return {rankpool::current_process().rank(), vector->front() + vector->back()};
}

Look sum_of(rankpool::Shared<Vector> const& vector, int /*number*/) {
    // So that no worker takes the task of another.
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    return {rankpool::current_process().rank(), std::accumulate(vector->begin(), vector->end(), 0.0)};
}

Part part_of(std::size_t length, int number) {
    return {rankpool::current_process().rank(), Vector(length, number)};
}

/// Until each rank has seen the value; a rank may do the task of another.
template <auto look>
void look_on_all(rankpool::Pool& pool, rankpool::Shared<Vector> const& shared, double expected) {
    std::set<int> ranks;
    while (ranks.size() < pool.size())
        for (Look const& seen :
             pool.map(rankpool::partial<look>(shared), std::vector<int>(pool.size()), {.chunksize = 1})) {
            if (seen.sum != expected) throw std::logic_error("wrong value");
            ranks.insert(seen.rank);
        }
}

double broadcast(rankpool::Pool& pool, std::size_t length) {
    Vector value(length);
    std::iota(value.begin(), value.end(), 1.0);
    double const ends = value.front() + value.back();
    double const sum = std::accumulate(value.begin(), value.end(), 0.0);
    rankpool::Shared<Vector> shared;
    double const seconds = benchmark::seconds([&] {
        shared = pool.broadcast(std::move(value));
        look_on_all<ends_of>(pool, shared, ends);
    });
    look_on_all<sum_of>(pool, shared, sum);
    return seconds;
}

double results(rankpool::Pool& pool, std::size_t length) {
    std::vector<int> numbers(pool.size());
    std::iota(numbers.begin(), numbers.end(), 0);
    std::vector<Part> parts;
    double const seconds = benchmark::seconds([&] {
        parts = pool.map(rankpool::partial<part_of>(length / pool.size()), numbers, {.chunksize = 1});
    });
    std::set<int> ranks;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        ranks.insert(parts[i].rank);
        if (parts[i].numbers != Vector(length / pool.size(), static_cast<double>(i)))
            throw std::logic_error("wrong result");
    }
    benchmark::report("ranks", static_cast<double>(ranks.size()));
    return seconds;
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        bool const is_broadcast = argc > 1 && std::string(argv[1]) == "broadcast";
        auto const length = benchmark::length_of(argc > 2 ? argv[2] : nullptr);
        int const count = argc > 3 ? std::stoi(argv[3]) : 3;
        auto pool = context.pool();
        if (pool.size() != static_cast<std::size_t>(context.size()))
            throw std::logic_error("more than one worker on a rank");
        std::vector<double> times;
        for (int i = -1; i < count; ++i) {  // one to warm up
            double const seconds = is_broadcast ? broadcast(pool, length) : results(pool, length);
            if (i >= 0) times.push_back(seconds);
        }
        benchmark::report("ms", 1e3 * benchmark::median(std::move(times)));
        return 0;
    });
}
