// SPDX-License-Identifier: MIT
#pragma once

#include "report.hpp"
#include "uneven_work.hpp"

namespace benchmark {

using Sums = std::vector<std::uint64_t>;

/// Reports `serial` and `parallel` seconds, in turn, twice. `parallel(tasks)` gives the result of each task.
template <class Parallel>
void take_turns(std::vector<std::uint64_t> const& tasks, Parallel&& parallel) {
    for (int turn = 0; turn < 2; ++turn) {
        Sums expected;
        report("serial", seconds([&] {
                   for (auto const steps : tasks) expected.push_back(uneven_work(steps));
               }));
        Sums got;
        report("parallel", seconds([&] { got = parallel(tasks); }));
        if (got != expected) throw std::logic_error("wrong results");
    }
}

}  // namespace benchmark
