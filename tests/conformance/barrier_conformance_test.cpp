// SPDX-License-Identifier: MIT
// One test per behaviour that CPython's Lib/test/_test_multiprocessing.py asserts of Barrier, named as there.
#include "tests/conformance/support.hpp"

#include <gtest/gtest.h>

#include <array>
#include <mutex>

namespace rankpool {
namespace {

using namespace support;

constexpr int parties = 5;

/// What the parties of a barrier have to say, counted.
using Tallies = std::array<RawValue<int>, 3>;

Tallies no_tallies() {
    return {context().raw_value<int>(), context().raw_value<int>(), context().raw_value<int>()};
}
void add(Tallies const& tallies, std::size_t which) {
    tallies.at(which).fetch_add(1);
}

void pass(Barrier barrier, Tallies tallies, int passes) {
    bool is_right = barrier.parties() == parties;
    for (int i = 0; i < passes; ++i) {
        add(tallies, 0);
        is_right = is_right && tallies[1].get() == i * parties;
        barrier.wait();
        add(tallies, 1);
        is_right = is_right && tallies[0].get() == (i + 1) * parties;
        barrier.wait();
    }
    if (!is_right) rankpool::exit(1);
}

void expect_passes(int passes) {
    auto const barrier = context().barrier(parties);
    Tallies const tallies = no_tallies();
    auto all = start_all<pass>(parties, barrier, tallies, passes);
    expect_success(all);
    EXPECT_EQ(tallies[0].get(), passes * parties);
    EXPECT_EQ(tallies[1].get(), passes * parties);
    EXPECT_EQ(barrier.n_waiting(), 0);
    EXPECT_FALSE(barrier.broken());
}

TEST(ConformanceBarrier, test_barrier) {
    expect_passes(1);
}
TEST(ConformanceBarrier, test_barrier_10) {
    expect_passes(10);
}

void give_place(Barrier barrier, Queue<long> places) {
    places.put(barrier.wait());
}

TEST(ConformanceBarrier, test_wait_return) {
    auto const barrier = context().barrier(parties);
    auto places = context().queue<long>();
    auto all = start_all<give_place>(parties, barrier, places);
    std::set<long> found;
    for (int i = 0; i < parties; ++i) found.insert(places.get());
    EXPECT_EQ(found, (std::set<long>{0, 1, 2, 3, 4}));
    expect_success(all);
}

/// In the main worker alone: it is always the last to come.
int acted = 0;
void act() {
    ++acted;
}
void come_first(Barrier barrier, Semaphore passed) {
    barrier.wait();
    passed.release();
}
void wait_for_the_others(Barrier const& barrier) {
    while (barrier.n_waiting() < parties - 1) std::this_thread::sleep_for(1ms);
}

TEST(ConformanceBarrier, test_action) {
    acted = 0;
    auto const barrier = context().barrier<act>(parties);
    auto const passed = context().semaphore(0);
    auto all = start_all<come_first>(parties - 1, barrier, passed);
    wait_for_the_others(barrier);
    EXPECT_EQ(acted, 0);
    EXPECT_EQ(passed.value(), 0);
    barrier.wait();
    EXPECT_EQ(acted, 1);
    expect_success(all);
    EXPECT_EQ(passed.value(), parties - 1);
}

void abort_in_the_middle(Barrier barrier, Tallies tallies) {
    try {
        if (barrier.wait() == parties / 2) throw std::domain_error("not me");
        barrier.wait();
        add(tallies, 0);
    } catch (BrokenBarrier const&) {
        add(tallies, 1);
    } catch (std::domain_error const&) {
        barrier.abort();
    }
}

TEST(ConformanceBarrier, test_abort) {
    auto const barrier = context().barrier(parties);
    Tallies const tallies = no_tallies();
    auto all = start_all<abort_in_the_middle>(parties, barrier, tallies);
    expect_success(all);
    EXPECT_EQ(tallies[0].get(), 0);
    EXPECT_EQ(tallies[1].get(), parties - 1);
    EXPECT_TRUE(barrier.broken());
    EXPECT_THROW(barrier.wait(), BrokenBarrier);
}

void reset_in_the_middle(Barrier barrier, Tallies tallies) {
    if (barrier.wait() == parties / 2) {
        wait_for_the_others(barrier);
        barrier.reset();
    } else {
        try {
            barrier.wait();
            add(tallies, 0);
        } catch (BrokenBarrier const&) {
            add(tallies, 1);
        }
    }
    barrier.wait();
    add(tallies, 2);
}

TEST(ConformanceBarrier, test_reset) {
    auto const barrier = context().barrier(parties);
    Tallies const tallies = no_tallies();
    auto all = start_all<reset_in_the_middle>(parties, barrier, tallies);
    expect_success(all);
    EXPECT_EQ(tallies[0].get(), 0);
    EXPECT_EQ(tallies[1].get(), parties - 1);
    EXPECT_EQ(tallies[2].get(), parties);
    EXPECT_FALSE(barrier.broken());
}

void abort_and_reset(Barrier barrier, Barrier other, Tallies tallies) {
    try {
        if (barrier.wait() == parties / 2) throw std::domain_error("not me");
        barrier.wait();
        add(tallies, 0);
    } catch (BrokenBarrier const&) {
        add(tallies, 1);
    } catch (std::domain_error const&) {
        barrier.abort();
    }
    if (other.wait() == parties / 2) barrier.reset();
    other.wait();
    barrier.wait();
    add(tallies, 2);
}

TEST(ConformanceBarrier, test_abort_and_reset) {
    auto const barrier = context().barrier(parties);
    auto const other = context().barrier(parties);
    Tallies const tallies = no_tallies();
    auto all = start_all<abort_and_reset>(parties, barrier, other, tallies);
    expect_success(all);
    EXPECT_EQ(tallies[0].get(), 0);
    EXPECT_EQ(tallies[1].get(), parties - 1);
    EXPECT_EQ(tallies[2].get(), parties);
    EXPECT_FALSE(barrier.broken());
}

void come_too_late(Barrier barrier, Tallies tallies) {
    if (barrier.wait() == parties / 2) {
        // The others' timeout has broken it by then.
        while (!barrier.broken()) std::this_thread::sleep_for(1ms);
    }
    try {
        barrier.wait(200ms);
        add(tallies, 0);
    } catch (BrokenBarrier const&) {
        add(tallies, 1);
    }
}

TEST(ConformanceBarrier, test_timeout) {
    auto const barrier = context().barrier(parties);
    Tallies const tallies = no_tallies();
    auto all = start_all<come_too_late>(parties, barrier, tallies);
    expect_success(all);
    EXPECT_EQ(tallies[0].get(), 0);
    EXPECT_EQ(tallies[1].get(), parties);
    EXPECT_TRUE(barrier.broken());
}

TEST(ConformanceBarrier, test_single_thread) {
    auto const barrier = context().barrier(1);
    EXPECT_EQ(barrier.wait(), 0);
    EXPECT_EQ(barrier.wait(), 0);
    EXPECT_FALSE(barrier.broken());
}

void send_each_pass(Barrier barrier, int passes, Connection<int> connection, Lock lock) {
    for (int i = 0; i < passes; ++i) {
        barrier.wait();
        std::lock_guard const guard{lock};
        connection.send(i);
    }
}

// Half as many as in Python, for machines that are busy.
TEST(ConformanceBarrier, test_thousand) {
    constexpr int passes = 500;
    auto const barrier = context().barrier(parties);
    auto [receiver, sender] = context().one_way_pipe<int>();
    auto all = start_all<send_each_pass>(parties, barrier, passes, sender, context().lock());
    for (int i = 0; i < passes; ++i) {
        for (int j = 0; j < parties; ++j) EXPECT_EQ(receiver.recv(), i);
    }
    expect_success(all);
}

// Dragon's test_requirement_2_6 and test_n_waiting.
TEST(ConformanceBarrier, test_n_waiting) {
    auto const barrier = context().barrier(parties);
    auto const passed = context().semaphore(0);
    EXPECT_EQ(barrier.parties(), parties);
    EXPECT_EQ(barrier.n_waiting(), 0);
    auto all = start_all<come_first>(parties - 1, barrier, passed);
    wait_for_the_others(barrier);
    EXPECT_EQ(barrier.n_waiting(), parties - 1);
    EXPECT_EQ(barrier.wait(), parties - 1);
    expect_success(all);
    EXPECT_EQ(barrier.n_waiting(), 0);
}

}  // namespace
}  // namespace rankpool
