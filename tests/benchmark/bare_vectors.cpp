// SPDX-License-Identifier: MIT
/// bare_vectors TRIPS [BYTES]: vectors of so many bytes, else 64 MiB, to rank 1 and back, by Boost.MPI alone.
#include "report.hpp"
#include "vectors.hpp"

#include <boost/mpi.hpp>
#include <boost/serialization/vector.hpp>

#include <string>

int main(int argc, char** argv) {
    namespace mpi = boost::mpi;
    mpi::environment const environment(argc, argv);
    mpi::communicator const world;
    int const trips = argc > 1 ? std::stoi(argv[1]) : 10;
    auto const length = benchmark::length_of(argc > 2 ? argv[2] : nullptr);
    std::vector<double> times;
    benchmark::Vector value;  // both kept from trip to trip, the best that Boost.MPI can do
    benchmark::Vector back;
    for (int trip = -2; trip < trips; ++trip) {  // two to warm up
        if (world.rank() == 0) {
            value.assign(length, trip);
            double const time = benchmark::seconds([&] {
                world.send(1, 0, value);
                world.recv(1, 0, back);
            });
            if (back != value) return 1;
            if (trip >= 0) times.push_back(time);
        } else if (world.rank() == 1) {
            world.recv(0, 0, value);
            world.send(0, 0, value);
        }
    }
    if (world.rank() == 0)
        benchmark::report("rate",
                          benchmark::gigabytes_per_second(length, benchmark::median(std::move(times))));
}
