// SPDX-License-Identifier: MIT
// Processes that wait for each other in a circle.
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;

TEST(DeadlockTest, of_one_with_itself) {
    auto const lock = context().lock();
    lock.acquire();
    auto const error = thrown<DeadlockError>([&] { lock.acquire(); });
    ASSERT_TRUE(error);
    EXPECT_NE(std::string{error->what()}.find("MainProcess on rank 0"), std::string::npos) << error->what();
    EXPECT_FALSE(lock.acquire(10ms));
    lock.release();
    EXPECT_TRUE(lock.acquire());
}

/// Takes its own lock, waits for all to have done so, and then for the next one's. Where that is no deadlock
/// it has both in the end.
void take_two(Lock own, Lock next, Barrier barrier, Queue<std::string> said) {
    own.acquire();
    barrier.wait();
    try {
        next.acquire();
        said.put("");
        next.release();
    } catch (DeadlockError const& error) {
        if (next.locked() && !own.locked()) rankpool::exit(3);
        said.put(error.what());
    }
    own.release();
}

void make_lock_there(Queue<Lock> queue, Event end) {
    queue.put(context().lock());
    end.wait();
}

TEST(DeadlockTest, exactly_one_of_a_cycle_is_told) {
    for (int many = 2; many <= 4; ++many) {
        auto const barrier = context().barrier(many);
        auto said = context().queue<std::string>();
        auto homes = context().queue<Lock>();
        auto const end = context().event();
        std::vector<Process> makers;
        std::vector<Lock> locks;
        // Their homes are on different ranks.
        for (int i = 0; i < many; ++i) {
            makers.push_back(context().process<make_lock_there>({.rank = i % context().size()}, homes, end));
            makers.back().start();
            locks.push_back(homes.get(10s));
        }
        std::vector<Process> all;
        for (int i = 0; i < many; ++i) {
            auto const at = static_cast<std::size_t>(i);
            all.push_back(context().process<take_two>(
                {.name = "Taker-" + std::to_string(i), .rank = (i + 1) % context().size()}, locks[at],
                locks[(at + 1) % locks.size()], barrier, said));
            all.back().start();
        }
        int told = 0;
        for (int i = 0; i < many; ++i) {
            std::string const text = said.get(10s);
            if (text.empty()) continue;
            ++told;
            for (int j = 0; j < many; ++j) {
                std::string const who =
                    "Taker-" + std::to_string(j) + " on rank " + std::to_string((j + 1) % context().size());
                EXPECT_NE(text.find(who), std::string::npos) << text;
            }
        }
        EXPECT_EQ(told, 1);
        for (Process& process : all) EXPECT_EQ(code_of(process), 0);
        end.set();
        for (Process& process : makers) process.join();
    }
}

void take_with_timeout(Lock own, Lock next, Barrier barrier) {
    own.acquire();
    barrier.wait();
    next.acquire(300ms);
    barrier.wait();
}

TEST(DeadlockTest, a_wait_with_a_timeout_is_none) {
    auto const barrier = context().barrier(2);
    auto const a = context().lock();
    auto const b = context().lock();
    auto one = start_far<take_with_timeout>(a, b, barrier);
    auto other = start_far<take_with_timeout>(b, a, barrier);
    EXPECT_EQ(code_of(one), 0);
    EXPECT_EQ(code_of(other), 0);
}

void take_and_give(Lock first, Lock second, int times) {
    for (int i = 0; i < times; ++i) {
        first.acquire();
        second.acquire();
        second.release();
        first.release();
    }
}

TEST(DeadlockTest, those_who_keep_an_order_are_not_accused) {
    auto const a = context().lock();
    auto const b = context().lock();
    std::vector<Process> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(context().process<take_and_give>({.rank = i % context().size()}, a, b, 50));
        all.back().start();
    }
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
}

}  // namespace
}  // namespace rankpool
