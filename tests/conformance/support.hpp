// SPDX-License-Identifier: MIT
#pragma once

#include "tests/sync/support.hpp"

#include <gtest/gtest.h>

namespace rankpool::support {

/// So many started processes, on all ranks in turn.
template <auto F, class... Args>
std::vector<Process> start_all(int many, Args const&... args) {
    std::vector<Process> all;
    for (int i = 0; i < many; ++i) {
        all.push_back(context().process<F>(ProcessOptions{.rank = i % context().size()}, args...));
        all.back().start();
    }
    return all;
}
inline void expect_success(std::vector<Process>& all) {
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
}

inline long begin_and_wait(std::string const& begun, std::string const& gate, long x) {
    Tally::add(begun);
    Tally::wait_for(gate, 1);
    return x;
}
inline long fail(long x) {
    throw std::domain_error("never " + std::to_string(x));
}
inline long fail_without_words(long /*x*/) {
    throw std::domain_error("");
}
inline long count(std::string const& tally, long x) {
    Tally::add(tally);
    return x;
}
inline long nap(long milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
    return milliseconds;
}
inline long divide(long a, long b) {
    if (b == 0) throw std::domain_error("division by zero");
    return a / b;
}
inline long one_over(long x) {
    return divide(1, x);
}
inline Stubborn give_back(Stubborn const& value) {
    return value;
}

/// A pool, calls that keep its workers busy until they are let go, and what is asked for behind them.
class BusyPool {
  public:
    explicit BusyPool(long workers) : pool(context().pool(workers)) {}
    ~BusyPool() { gate.add(); }
    BusyPool(BusyPool const&) = delete;
    BusyPool& operator=(BusyPool const&) = delete;

    AsyncResult<long> running(long x = 1) {
        auto result = pool.apply_async<begin_and_wait>(begun.name(), gate.name(), x);
        begun.wait_for(++began);
        return result;
    }
    AsyncResult<long> finished(long x = 42) {
        auto result = pool.apply_async<square>(x);
        result.wait();
        return result;
    }
    AsyncResult<long> failed() {
        auto result = pool.apply_async<fail>(1L);
        result.wait();
        return result;
    }

    Pool pool;
    Tally begun;
    Tally gate;
    long began = 0;
};

}  // namespace rankpool::support
