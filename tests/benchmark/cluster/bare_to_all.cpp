// SPDX-License-Identifier: MIT
/// bare_to_all broadcast|results BYTES COUNT: what to_all measures, by Boost.MPI alone.
#include "../report.hpp"
#include "../vectors.hpp"

#include <boost/mpi.hpp>
#include <boost/serialization/vector.hpp>

#include <numeric>
#include <stdexcept>
#include <string>

namespace {

namespace mpi = boost::mpi;
using benchmark::Vector;

/// Until rank 0 knows that all have it.
double broadcast(mpi::communicator const& world, std::size_t length) {
    Vector value(length);
    if (world.rank() == 0) std::iota(value.begin(), value.end(), 1.0);
    std::vector<double> ends;
    double const seconds = benchmark::seconds([&] {
        mpi::broadcast(world, value.data(), static_cast<int>(length), 0);
        mpi::gather(world, value.front() + value.back(), ends, 0);
    });
    double const sum = std::accumulate(value.begin(), value.end(), 0.0);
    std::vector<double> sums;
    mpi::gather(world, sum, sums, 0);
    if (!std::ranges::all_of(sums, [&](double of_rank) { return of_rank == sum; }))
        throw std::logic_error("wrong value");
    return seconds;
}

double results(mpi::communicator const& world, std::size_t length) {
    auto const ranks = static_cast<std::size_t>(world.size());
    auto const each = length / ranks;
    Vector all(world.rank() == 0 ? each * ranks : 0);
    world.barrier();
    double const seconds = benchmark::seconds([&] {
        Vector const part(each, world.rank());
        mpi::gather(world, part.data(), static_cast<int>(each), all.data(), 0);
    });
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i] != static_cast<double>(i / each)) throw std::logic_error("wrong result");
    return seconds;
}

}  // namespace

int main(int argc, char** argv) {
    mpi::environment const environment(argc, argv);
    mpi::communicator const world;
    bool const is_broadcast = argc > 1 && std::string(argv[1]) == "broadcast";
    auto const length = benchmark::length_of(argc > 2 ? argv[2] : nullptr);
    int const count = argc > 3 ? std::stoi(argv[3]) : 3;
    std::vector<double> times;
    for (int i = -1; i < count; ++i) {  // one to warm up
        world.barrier();
        double const seconds = is_broadcast ? broadcast(world, length) : results(world, length);
        if (i >= 0) times.push_back(seconds);
    }
    if (world.rank() == 0) benchmark::report("ms", 1e3 * benchmark::median(std::move(times)));
}
