// SPDX-License-Identifier: MIT
/// uneven_threads openmp|tbb FILE: the tasks of FILE, serial and by two threads in turn.
/// uneven_threads calibrate: how many steps a millisecond takes.
#include "uneven_turns.hpp"

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>

#include <iostream>

namespace {

using Tasks = std::vector<std::uint64_t>;

benchmark::Sums by_openmp(Tasks const& tasks) {
    benchmark::Sums sums(tasks.size());
#pragma omp parallel for schedule(dynamic) num_threads(2)
    for (std::size_t i = 0; i < tasks.size(); ++i) sums[i] = uneven_work(tasks[i]);
    return sums;
}

benchmark::Sums by_tbb(Tasks const& tasks) {
    benchmark::Sums sums(tasks.size());
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, tasks.size(), 1),
        [&](auto const& range) {
            for (auto i = range.begin(); i != range.end(); ++i) sums[i] = uneven_work(tasks[i]);
        },
        tbb::simple_partitioner{});
    return sums;
}

void calibrate() {
    constexpr std::uint64_t steps = 20'000'000;
    std::vector<double> rates;
    for (int i = 0; i < 9; ++i)
        rates.push_back(static_cast<double>(steps) / 1e3 / benchmark::seconds([] { uneven_work(steps); }));
    benchmark::report("steps_per_ms", *std::max_element(rates.begin(), rates.end()));
}

}  // namespace

int main(int argc, char** argv) {
    std::string const what = argc > 1 ? argv[1] : "";
    if (what == "calibrate") {
        calibrate();
        return 0;
    }
    if (argc != 3 || (what != "openmp" && what != "tbb")) {
        std::cerr << "usage: uneven_threads calibrate | openmp FILE | tbb FILE\n";
        return 2;
    }
    tbb::global_control const two_threads(tbb::global_control::max_allowed_parallelism, 2);
    auto const parallel = what == "openmp" ? by_openmp : by_tbb;
    parallel(Tasks(2, 1));  // starts the threads
    benchmark::take_turns(benchmark::read_tasks(argv[2]), parallel);
}
