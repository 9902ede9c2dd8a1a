// SPDX-License-Identifier: MIT
#include "rankpool/link/channel_memory.hpp"

#include "tests/link/support.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <thread>

namespace rankpool::link {
namespace {

using Outcome = ChannelRing::Outcome;
using Bytes = std::vector<std::byte>;

constexpr std::uint64_t capacity = 256 * 1024;

/// A queue's memory, and one who uses it.
class ChannelRingTest : public testing::Test {
  protected:
    explicit ChannelRingTest(std::uint64_t maxsize = 0) : memory_({1, 0, maxsize, capacity}) {}

    ChannelRing& ring() { return memory_.ring(0); }
    static Waiter who(std::uint32_t number) {
        return {Address{Rank{0}, Slot{number}, Generation{1}}, bell().name()};
    }
    static WakeSocket const& bell() {
        static WakeSocket const socket;
        return socket;
    }
    Outcome put(std::size_t size, std::uint32_t number, std::uint32_t marks = ChannelRing::whole) {
        return ring().put(putting_, who(1), content(size, number), marks);
    }
    Outcome take() { return ring().take(taking_, who(2), taken_); }

    ChannelMemory memory_;
    Place putting_;
    Place taking_;
    Bytes taken_;
};

TEST_F(ChannelRingTest, passes_items_in_order) {
    for (std::uint32_t i = 0; i < 5000; ++i) {
        ASSERT_EQ(put(i * 13 % 60'000, i), Outcome::done);
        ASSERT_EQ(put(7, i + 1), Outcome::done);
        ASSERT_EQ(ring().size(), 2U);
        ASSERT_EQ(take(), Outcome::done);
        ASSERT_EQ(taken_.size(), i * 13 % 60'000);
        ASSERT_TRUE(is_content(taken_, i));
        ASSERT_EQ(take(), Outcome::done);
        ASSERT_TRUE(is_content(taken_, i + 1));
    }
    EXPECT_EQ(take(), Outcome::wait);
}

TEST_F(ChannelRingTest, waits_for_room) {
    int put_count = 0;
    while (put(60'000, 0) == Outcome::done) ++put_count;
    EXPECT_EQ(put_count, 4);
    EXPECT_FALSE(ring().may_put(putting_, 60'000));
    EXPECT_EQ(take(), Outcome::done);
    EXPECT_TRUE(ring().may_put(putting_, 60'000));
    EXPECT_EQ(put(60'000, 0), Outcome::done);
    EXPECT_FALSE(putting_.is_taken);
}

TEST_F(ChannelRingTest, serves_in_order_of_arrival) {
    Place first;
    Place second;
    Bytes to;
    EXPECT_EQ(ring().take(first, who(3), to), Outcome::wait);
    EXPECT_EQ(ring().take(second, who(4), to), Outcome::wait);
    ASSERT_EQ(put(10, 1), Outcome::done);
    EXPECT_EQ(ring().take(second, who(4), to), Outcome::wait);
    // A third one has to stand behind them as well.
    EXPECT_EQ(take(), Outcome::wait);
    EXPECT_EQ(ring().take(first, who(3), to), Outcome::done);
    ASSERT_EQ(put(10, 2), Outcome::done);
    ring().leave_takers(second);
    EXPECT_EQ(take(), Outcome::done);
    EXPECT_TRUE(is_content(taken_, 2));
}

TEST_F(ChannelRingTest, large_items_pass_in_pieces) {
    ASSERT_EQ(put(50'000, 1, ChannelRing::first), Outcome::done);
    EXPECT_EQ(ring().size(), 0U);
    EXPECT_EQ(take(), Outcome::begun);
    EXPECT_EQ(ring().take_more(taking_, taken_), Outcome::wait);
    ASSERT_EQ(put(50'000, 2, ChannelRing::middle), Outcome::done);
    EXPECT_EQ(ring().take_more(taking_, taken_), Outcome::begun);
    EXPECT_TRUE(is_content(taken_, 2));
    ASSERT_EQ(put(3, 3, ChannelRing::last), Outcome::done);
    EXPECT_EQ(ring().take_more(taking_, taken_), Outcome::done);
    EXPECT_TRUE(is_content(taken_, 3));
    EXPECT_FALSE(taking_.is_taken || putting_.is_taken);
}

TEST_F(ChannelRingTest, an_item_without_end_is_told) {
    ASSERT_EQ(put(50'000, 1, ChannelRing::first), Outcome::done);
    EXPECT_EQ(take(), Outcome::begun);
    ring().leave_putters(putting_);
    EXPECT_TRUE(ring().may_take_more());
    EXPECT_EQ(ring().take_more(taking_, taken_), Outcome::broken);
    // The same where another item stands behind it.
    ASSERT_EQ(put(50'000, 1, ChannelRing::first), Outcome::done);
    EXPECT_EQ(take(), Outcome::begun);
    ASSERT_TRUE(ring().forget(who(1).process));
    putting_ = {};
    ASSERT_EQ(put(5, 2), Outcome::done);
    EXPECT_EQ(ring().take_more(taking_, taken_), Outcome::broken);
    EXPECT_EQ(take(), Outcome::done);
    EXPECT_TRUE(is_content(taken_, 2));
}

TEST_F(ChannelRingTest, what_a_dead_taker_left_is_skipped) {
    ASSERT_EQ(put(50'000, 1, ChannelRing::first), Outcome::done);
    ASSERT_EQ(put(50'000, 2, ChannelRing::middle), Outcome::done);
    EXPECT_EQ(take(), Outcome::begun);
    ASSERT_TRUE(ring().forget(who(2).process));
    taking_ = {};
    ASSERT_EQ(put(50'000, 3, ChannelRing::last), Outcome::done);
    ASSERT_EQ(put(5, 4), Outcome::done);
    EXPECT_EQ(take(), Outcome::done);
    EXPECT_TRUE(is_content(taken_, 4));
    EXPECT_EQ(ring().size(), 0U);
}

TEST_F(ChannelRingTest, tells_of_the_end) {
    ASSERT_EQ(put(5, 1), Outcome::done);
    ASSERT_TRUE(ring().end_putting());
    EXPECT_TRUE(ring().is_readable());
    EXPECT_EQ(take(), Outcome::done);
    EXPECT_EQ(take(), Outcome::closed);
    ASSERT_TRUE(ring().end_taking());
    EXPECT_EQ(put(5, 1), Outcome::closed);
}

class BoundedRingTest : public ChannelRingTest {
  protected:
    BoundedRingTest() : ChannelRingTest(2) {}
};

TEST_F(BoundedRingTest, holds_so_many_items) {
    EXPECT_EQ(put(1, 1), Outcome::done);
    EXPECT_FALSE(ring().is_full());
    EXPECT_EQ(put(1, 2), Outcome::done);
    EXPECT_TRUE(ring().is_full());
    EXPECT_EQ(put(1, 3), Outcome::wait);
    EXPECT_EQ(take(), Outcome::done);
    EXPECT_EQ(put(1, 3), Outcome::done);
    EXPECT_EQ(ring().unfinished(), 3U);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(ring().count_done());
    EXPECT_FALSE(ring().count_done());
}

TEST_F(BoundedRingTest, one_who_sleeps_is_woken) {
    EXPECT_EQ(take(), Outcome::wait);
    ring().takers().set_asleep(taking_, true);
    bell().empty();
    ASSERT_EQ(put(1, 1), Outcome::done);
    char byte = 0;
    EXPECT_EQ(::recv(bell().fd(), &byte, 1, MSG_DONTWAIT), 1);
    EXPECT_EQ(take(), Outcome::done);
}

/// Waits as the callers of a ring do.
template <class Try>
Outcome insist(Try once) {
    while (true) {
        Outcome const outcome = once();
        if (outcome != Outcome::wait && outcome != Outcome::busy) return outcome;
        ::sched_yield();
    }
}

TEST_F(ChannelRingTest, many_threads_lose_nothing) {
    constexpr std::uint32_t each = 20'000;
    std::atomic<std::uint64_t> sum{0};
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            // As another process, with its own view of the memory.
            ChannelMemory memory{UniqueFd{::dup(memory_.fd())}};
            Place place;
            for (std::uint32_t i = 0; i < each; ++i) {
                std::uint64_t const item = t * each + i;
                insist([&] {
                    return memory.ring(0).put(place, who(10 + t), std::as_bytes(std::span{&item, 1}),
                                              ChannelRing::whole);
                });
            }
        });
        threads.emplace_back([&, t] {
            ChannelMemory memory{UniqueFd{::dup(memory_.fd())}};
            Place place;
            Bytes to;
            for (std::uint32_t i = 0; i < each; ++i) {
                insist([&] { return memory.ring(0).take(place, who(20 + t), to); });
                std::uint64_t item = 0;
                std::memcpy(&item, to.data(), sizeof item);
                sum += item;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(sum, std::uint64_t{3} * each * (3 * each - 1) / 2);
    EXPECT_EQ(ring().size(), 0U);
}

/// Puts until it is killed; every item tells its number.
[[noreturn]] void put_for_ever(ChannelRing& ring, Waiter const& who) {
    Place place;
    for (std::uint64_t i = 0;; ++i) {
        Bytes item(16 + i % 3000);
        std::memcpy(item.data(), &i, sizeof i);
        insist([&] { return ring.put(place, who, item, ChannelRing::whole); });
    }
}

TEST_F(ChannelRingTest, a_process_killed_at_any_moment_leaves_whole_items) {
    for (std::uint32_t round = 0; round < 100; ++round) {
        pid_t const child = ::fork();
        if (child == 0) put_for_ever(ring(), who(30 + round));
        std::uint64_t next = 0;
        auto const take_one = [&] {
            if (take() != Outcome::done) return false;
            std::uint64_t number = 0;
            std::memcpy(&number, taken_.data(), sizeof number);
            EXPECT_EQ(number, next++);
            EXPECT_EQ(taken_.size(), 16 + number % 3000);
            return true;
        };
        auto const until = std::chrono::steady_clock::now() + std::chrono::microseconds{500 + 37 * round};
        while (std::chrono::steady_clock::now() < until) take_one();
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        while (!ring().forget(who(30 + round).process)) {
        }
        while (take_one()) {
        }
        ASSERT_EQ(ring().size(), 0U);
        ring().leave_takers(taking_);
    }
}

}  // namespace
}  // namespace rankpool::link
