// SPDX-License-Identifier: MIT
/// bare_naps TASKS_PER_WORKER MILLISECONDS: what pool_naps measures, by Boost.MPI alone. Rank 0 hands out one
/// task at a time, to whoever answers; the other ranks work.
#include "../report.hpp"

#include <boost/mpi.hpp>

#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

namespace mpi = boost::mpi;

constexpr int work = 1;
constexpr int stop = 2;

/// Worker number i begins with task number i; the task's number comes back as its result.
std::vector<int> hand_out(mpi::communicator const& world, int count) {
    int const workers = world.size() - 1;
    std::vector<int> results(static_cast<std::size_t>(count), -1);
    int next = 0;
    while (next < std::min(workers, count)) {
        world.send(next + 1, work, next);
        ++next;
    }
    for (int done = 0; done < count; ++done) {
        int number = 0;
        auto const status = world.recv(mpi::any_source, work, number);
        results.at(static_cast<std::size_t>(number)) = number;
        if (next < count) world.send(status.source(), work, next++);
    }
    return results;
}

void nap_until_stopped(mpi::communicator const& world, std::chrono::milliseconds length) {
    for (;;) {
        int number = 0;
        if (world.recv(0, mpi::any_tag, number).tag() == stop) return;
        std::this_thread::sleep_for(length);
        world.send(0, work, number);
    }
}

}  // namespace

int main(int argc, char** argv) {
    mpi::environment const environment(argc, argv);
    mpi::communicator const world;
    int const each = argc == 3 ? std::stoi(argv[1]) : 20;
    std::chrono::milliseconds const length{argc == 3 ? std::stoi(argv[2]) : 50};
    if (world.rank() != 0) {
        nap_until_stopped(world, length);
        return 0;
    }
    int const workers = world.size() - 1;
    std::vector<int> expected(static_cast<std::size_t>(workers * each));
    std::iota(expected.begin(), expected.end(), 0);
    hand_out(world, workers);  // a warm-up
    std::vector<int> results;
    double const seconds =
        benchmark::seconds([&] { results = hand_out(world, static_cast<int>(expected.size())); });
    for (int rank = 1; rank <= workers; ++rank) world.send(rank, stop, 0);
    if (results != expected) throw std::logic_error("wrong results");
    benchmark::report("share", std::chrono::duration<double>(length * each).count() / seconds);
    benchmark::report("workers", workers);
}
