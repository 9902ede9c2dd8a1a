// SPDX-License-Identifier: MIT
#include "rankpool/core/deadline.hpp"
#include "rankpool/shared_ring/channel_memory.hpp"

#include "tests/link/support.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cstdlib>
#include <random>
#include <thread>

namespace rankpool::link {
namespace {

using Status = ChannelRing::Status;
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
    Status put(std::size_t size, std::uint32_t number, std::uint32_t marks = ChannelRing::whole) {
        return ring().put(putting_, who(1), content(size, number), marks);
    }
    Status take() { return ring().take(taking_, who(2), taken_); }

    ChannelMemory memory_;
    QueuePosition putting_;
    QueuePosition taking_;
    Bytes taken_;
};

TEST_F(ChannelRingTest, passes_items_in_order) {
    for (std::uint32_t i = 0; i < 5000; ++i) {
        ASSERT_EQ(put(i * 13 % 60'000, i), Status::done);
        ASSERT_EQ(put(7, i + 1), Status::done);
        ASSERT_EQ(ring().size(), 2U);
        ASSERT_EQ(take(), Status::done);
        ASSERT_EQ(taken_.size(), i * 13 % 60'000);
        ASSERT_TRUE(is_content(taken_, i));
        ASSERT_EQ(take(), Status::done);
        ASSERT_TRUE(is_content(taken_, i + 1));
    }
    EXPECT_EQ(take(), Status::wait);
}

TEST_F(ChannelRingTest, waits_for_room) {
    int put_count = 0;
    while (put(60'000, 0) == Status::done) ++put_count;
    EXPECT_EQ(put_count, 4);
    EXPECT_FALSE(ring().may_put(putting_, 60'000));
    EXPECT_EQ(take(), Status::done);
    EXPECT_TRUE(ring().may_put(putting_, 60'000));
    EXPECT_EQ(put(60'000, 0), Status::done);
    EXPECT_FALSE(putting_.is_taken);
}

// Those who stand in line may be slow to come, or dead: what they do not want is there for others at once.
TEST_F(ChannelRingTest, who_will_not_wait_gets_what_those_in_line_leave) {
    using Join = ChannelRing::Join;
    QueuePosition beside;
    Bytes to;
    auto const take_beside = [&] { return ring().take(beside, who(4), to, Join::no); };
    EXPECT_EQ(take_beside(), Status::wait);
    EXPECT_EQ(take(), Status::wait);
    EXPECT_EQ(put(10, 1), Status::done);
    EXPECT_EQ(take_beside(), Status::busy);
    EXPECT_FALSE(ring().is_readable());
    EXPECT_EQ(put(10, 2), Status::done);
    EXPECT_TRUE(ring().is_readable());
    EXPECT_EQ(take_beside(), Status::done);
    EXPECT_TRUE(is_content(to, 1));
    EXPECT_EQ(take_beside(), Status::busy);
    EXPECT_EQ(take(), Status::done);
    EXPECT_TRUE(is_content(taken_, 2));
    EXPECT_EQ(take_beside(), Status::wait);
    EXPECT_FALSE(beside.is_taken);
    // Of one that comes in pieces, nothing; what is behind it waits as well.
    EXPECT_EQ(put(10, 3, ChannelRing::first), Status::done);
    EXPECT_EQ(take(), Status::begun);
    EXPECT_EQ(take_beside(), Status::wait);
    EXPECT_EQ(put(10, 4, ChannelRing::last), Status::done);
    EXPECT_EQ(put(10, 5), Status::done);
    EXPECT_EQ(take_beside(), Status::wait);
    EXPECT_EQ(ring().take_more(taking_, taken_), Status::done);
    EXPECT_EQ(take_beside(), Status::done);
    EXPECT_TRUE(is_content(to, 5));
}

class BoundedRingTest : public ChannelRingTest {
  protected:
    BoundedRingTest() : ChannelRingTest(2) {}
};

TEST_F(BoundedRingTest, who_will_not_wait_puts_where_those_in_line_leave_room) {
    using Join = ChannelRing::Join;
    QueuePosition beside;
    Bytes to;
    auto const put_beside = [&] {
        return ring().put(beside, who(5), content(5, 9), ChannelRing::whole, Join::no);
    };
    EXPECT_EQ(put(5, 1), Status::done);
    EXPECT_EQ(put(5, 2), Status::done);
    EXPECT_EQ(put(5, 3), Status::wait);
    EXPECT_EQ(put_beside(), Status::wait);
    EXPECT_EQ(take(), Status::done);
    EXPECT_EQ(put_beside(), Status::busy);
    EXPECT_EQ(take(), Status::done);
    EXPECT_EQ(put_beside(), Status::done);
    EXPECT_EQ(put_beside(), Status::busy);
    EXPECT_EQ(put(5, 3), Status::done);
    EXPECT_EQ(put_beside(), Status::wait);
    EXPECT_FALSE(beside.is_taken);
    EXPECT_EQ(take(), Status::done);
    EXPECT_TRUE(is_content(taken_, 9));
    EXPECT_EQ(take(), Status::done);
    EXPECT_TRUE(is_content(taken_, 3));
}

TEST_F(ChannelRingTest, serves_in_order_of_arrival) {
    QueuePosition first;
    QueuePosition second;
    Bytes to;
    EXPECT_EQ(ring().take(first, who(3), to), Status::wait);
    EXPECT_EQ(ring().take(second, who(4), to), Status::wait);
    ASSERT_EQ(put(10, 1), Status::done);
    EXPECT_EQ(ring().take(second, who(4), to), Status::wait);
    // A third one has to stand behind them as well.
    EXPECT_EQ(take(), Status::wait);
    EXPECT_EQ(ring().take(first, who(3), to), Status::done);
    ASSERT_EQ(put(10, 2), Status::done);
    ring().leave_takers(second);
    EXPECT_EQ(take(), Status::done);
    EXPECT_TRUE(is_content(taken_, 2));
}

TEST_F(ChannelRingTest, large_items_pass_in_pieces) {
    ASSERT_EQ(put(50'000, 1, ChannelRing::first), Status::done);
    EXPECT_EQ(ring().size(), 0U);
    EXPECT_EQ(take(), Status::begun);
    EXPECT_EQ(ring().take_more(taking_, taken_), Status::wait);
    ASSERT_EQ(put(50'000, 2, ChannelRing::middle), Status::done);
    EXPECT_EQ(ring().take_more(taking_, taken_), Status::begun);
    EXPECT_TRUE(is_content(taken_, 2));
    ASSERT_EQ(put(3, 3, ChannelRing::last), Status::done);
    EXPECT_EQ(ring().take_more(taking_, taken_), Status::done);
    EXPECT_TRUE(is_content(taken_, 3));
    EXPECT_FALSE(taking_.is_taken || putting_.is_taken);
}

TEST_F(ChannelRingTest, an_item_without_end_is_told) {
    ASSERT_EQ(put(50'000, 1, ChannelRing::first), Status::done);
    EXPECT_EQ(take(), Status::begun);
    ring().leave_putters(putting_);
    EXPECT_TRUE(ring().may_take_more());
    EXPECT_EQ(ring().take_more(taking_, taken_), Status::broken);
    // The same where another item stands behind it.
    ASSERT_EQ(put(50'000, 1, ChannelRing::first), Status::done);
    EXPECT_EQ(take(), Status::begun);
    ASSERT_TRUE(ring().forget(who(1).process));
    putting_ = {};
    ASSERT_EQ(put(5, 2), Status::done);
    EXPECT_EQ(ring().take_more(taking_, taken_), Status::broken);
    EXPECT_EQ(take(), Status::done);
    EXPECT_TRUE(is_content(taken_, 2));
}

TEST_F(ChannelRingTest, what_a_dead_taker_left_is_skipped) {
    ASSERT_EQ(put(50'000, 1, ChannelRing::first), Status::done);
    ASSERT_EQ(put(50'000, 2, ChannelRing::middle), Status::done);
    EXPECT_EQ(take(), Status::begun);
    ASSERT_TRUE(ring().forget(who(2).process));
    taking_ = {};
    ASSERT_EQ(put(50'000, 3, ChannelRing::last), Status::done);
    ASSERT_EQ(put(5, 4), Status::done);
    EXPECT_EQ(take(), Status::done);
    EXPECT_TRUE(is_content(taken_, 4));
    EXPECT_EQ(ring().size(), 0U);
}

TEST_F(ChannelRingTest, tells_of_the_end) {
    ASSERT_EQ(put(5, 1), Status::done);
    ASSERT_TRUE(ring().end_putting());
    EXPECT_TRUE(ring().is_readable());
    EXPECT_EQ(take(), Status::done);
    EXPECT_EQ(take(), Status::closed);
    ASSERT_TRUE(ring().end_taking());
    EXPECT_EQ(put(5, 1), Status::closed);
}

TEST_F(BoundedRingTest, holds_so_many_items) {
    EXPECT_EQ(put(1, 1), Status::done);
    EXPECT_FALSE(ring().is_full());
    EXPECT_EQ(put(1, 2), Status::done);
    EXPECT_TRUE(ring().is_full());
    EXPECT_EQ(put(1, 3), Status::wait);
    EXPECT_EQ(take(), Status::done);
    EXPECT_EQ(put(1, 3), Status::done);
    EXPECT_EQ(ring().unfinished(), 3U);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ring().count_done(), Status::done);
    EXPECT_EQ(ring().count_done(), Status::broken);
}

TEST_F(BoundedRingTest, one_who_sleeps_is_woken) {
    EXPECT_EQ(take(), Status::wait);
    ring().takers().set_asleep(taking_, true);
    bell().empty();
    ASSERT_EQ(put(1, 1), Status::done);
    pollfd woken{bell().fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&woken, 1, 0), 1);
    EXPECT_EQ(take(), Status::done);
}

/// Waits as the callers of a ring do.
template <class Try>
Status insist(Try once) {
    while (true) {
        Status const outcome = once();
        if (outcome != Status::wait && outcome != Status::busy) return outcome;
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
            auto const memory = ChannelMemory::adopt(UniqueFd{::dup(memory_.fd())}, memory_.secret());
            QueuePosition place;
            for (std::uint32_t i = 0; i < each; ++i) {
                std::uint64_t const item = t * each + i;
                insist([&] {
                    return memory->ring(0).put(place, who(10 + t), std::as_bytes(std::span{&item, 1}),
                                               ChannelRing::whole);
                });
            }
        });
        threads.emplace_back([&, t] {
            auto const memory = ChannelMemory::adopt(UniqueFd{::dup(memory_.fd())}, memory_.secret());
            QueuePosition place;
            Bytes to;
            for (std::uint32_t i = 0; i < each; ++i) {
                insist([&] { return memory->ring(0).take(place, who(20 + t), to); });
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
    QueuePosition place;
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
            if (take() != Status::done) return false;
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

TEST_F(ChannelRingTest, a_taker_killed_at_any_moment_takes_whole_items) {
    std::uint64_t put_count = 0;
    auto const put_next = [&] {
        Bytes item(16 + put_count % 300);
        std::memcpy(item.data(), &put_count, sizeof put_count);
        if (ring().put(putting_, who(1), item, ChannelRing::whole, ChannelRing::Join::no) == Status::done)
            ++put_count;
    };
    for (std::uint32_t round = 0; round < 100; ++round) {
        Waiter const taker = who(30 + round);
        pid_t const child = ::fork();
        if (child == 0) {
            QueuePosition place;
            for (Bytes to;;) insist([&] { return ring().take(place, taker, to); });
        }
        auto const until = std::chrono::steady_clock::now() + std::chrono::microseconds{500 + 37 * round};
        while (std::chrono::steady_clock::now() < until) put_next();
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        while (!ring().forget(taker.process)) {
        }
        put_next();
        std::uint64_t const left = ring().size();
        ASSERT_GE(left, 1U);
        for (std::uint64_t number = put_count - left; number < put_count; ++number) {
            ASSERT_EQ(take(), Status::done);
            ASSERT_EQ(std::memcmp(taken_.data(), &number, sizeof number), 0) << number;
        }
        ASSERT_EQ(ring().size(), 0U);
        ASSERT_EQ(ring().unfinished(), put_count);
    }
}

TEST_F(ChannelRingTest, holds_as_many_as_it_may_whenever_it_is_asked) {
    constexpr std::uint64_t most = 100;
    std::atomic<bool> is_over = false;
    std::thread passer{[&] {
        for (std::uint32_t i = 0; i < 300'000; ++i) {
            put(8, i);
            if (i >= most - 1) take();
        }
        is_over = true;
    }};
    auto const other = ChannelMemory::adopt(UniqueFd{::dup(memory_.fd())}, memory_.secret());
    std::uint64_t largest = 0;
    while (!is_over) largest = std::max(largest, other->ring(0).size());
    passer.join();
    // One who asks may be stopped between two looks, but never sees more taken than put.
    EXPECT_LE(largest, 300'000U);
    EXPECT_EQ(ring().size(), most - 1);
}

TEST_F(ChannelRingTest, memory_is_taken_only_if_it_is_the_right_one) {
    EXPECT_TRUE(ChannelMemory::adopt(UniqueFd{::dup(memory_.fd())}, memory_.secret()));
    Secret wrong = memory_.secret();
    wrong[7] ^= std::byte{1};
    EXPECT_FALSE(ChannelMemory::adopt(UniqueFd{::dup(memory_.fd())}, wrong));
    EXPECT_NE(::ftruncate(memory_.fd(), 0), 0) << "who has mapped it relies on its size";
    EXPECT_FALSE(ChannelMemory::adopt(UniqueFd{::open("/dev/zero", O_RDWR)}, {}));
    // Another's, with a size that can be changed.
    UniqueFd open{::memfd_create("rankpool-channel", MFD_CLOEXEC)};
    ASSERT_EQ(::ftruncate(open.get(), 1 << 24), 0);
    EXPECT_FALSE(ChannelMemory::adopt(std::move(open), {}));
}

/// A process that puts without end; one that is stopped keeps the locks that it has.
pid_t hold_lock(ChannelMemory& memory) {
    pid_t const child = ::fork();
    if (child != 0) return child;
    QueuePosition place;
    put_for_ever(memory.ring(0), {Address{Rank{0}, Slot{77}, Generation{1}}, {}});
}

TEST_F(ChannelRingTest, a_stopped_process_keeps_nobody) {
    bool was_busy = false;
    for (int round = 0; round < 200 && !was_busy; ++round) {
        pid_t const child = hold_lock(memory_);
        std::this_thread::sleep_for(std::chrono::microseconds{2000 + 7 * round});
        ::kill(child, SIGSTOP);
        int status = 0;
        ::waitpid(child, &status, WUNTRACED);
        auto const begin = Clock::now();
        was_busy = take() == Status::busy;
        ring().leave_takers(taking_);
        EXPECT_FALSE(taking_.is_taken);
        (void)ring().is_readable();
        EXPECT_LT(Clock::now() - begin, std::chrono::seconds{5});
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        // The next one takes the lock from the dead.
        ASSERT_TRUE(ring().forget(Address{Rank{0}, Slot{77}, Generation{1}}));
        while (take() == Status::done) {
        }
        ring().leave_takers(taking_);
        ASSERT_FALSE(ring().is_damaged());
    }
}

/// Rings whose control has been written over: all that can be done with them ends, and as closed.
TEST_F(ChannelRingTest, nonsense_closes_it_for_all) {
    std::size_t const seeds = std::getenv("RANKPOOL_CHAOS") ? 1000 : 200;
    for (std::uint32_t seed = 0; seed < seeds; ++seed) {
        ChannelMemory memory{{1, 0, seed % 3, capacity}};
        ChannelRing& mine = memory.ring(0);
        auto const other = ChannelMemory::adopt(UniqueFd{::dup(memory.fd())}, memory.secret());
        QueuePosition putting;
        QueuePosition taking;
        QueuePosition watching;
        Bytes to;
        mine.watch(watching, who(3));
        for (std::uint32_t i = 0; i < 5; ++i)
            (void)mine.put(putting, who(1), content(40'000, i), ChannelRing::whole);
        // Anywhere in the head of the memory, and in the data.
        std::mt19937_64 random{seed};
        std::size_t const bytes =
            std::min<std::size_t>(ChannelMemory::head_size() + capacity, seed % 7 == 0 ? ~0U : 4096);
        auto* const place = static_cast<std::uint64_t*>(
            ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd(), 0));
        ASSERT_NE(place, MAP_FAILED);
        for (std::size_t i = 6; i < bytes / 8; ++i) {
            if (seed % 5 != 0 && random() % 4 != 0) continue;
            place[i] = seed % 4 == 0 ? 0 : seed % 4 == 1 ? random() % 1000 : random();
        }
        ::munmap(place, bytes);
        for (ChannelRing* ring : {&mine, &other->ring(0)}) {
            for (int i = 0; i < 8; ++i) {
                (void)ring->put(putting, who(1), content(1000, 1), ChannelRing::whole);
                (void)ring->take(taking, who(2), to);
                ASSERT_LE(to.size(), ChannelRing::piece_bytes);
                (void)ring->take_more(taking, to);
                (void)ring->count_done();
                (void)ring->is_readable();
                (void)ring->may_put(putting, 100);
                (void)ring->may_take(taking);
            }
            ring->leave_putters(putting);
            ring->leave_takers(taking);
            ring->leave_watchers(watching);
            (void)ring->forget(who(1).process);
        }
    }
}

}  // namespace
}  // namespace rankpool::link
