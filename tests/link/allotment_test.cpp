// SPDX-License-Identifier: MIT
#include "rankpool/link/allotment.hpp"

#include "rankpool/protocol/nonsense.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace rankpool::link {
namespace {

TEST(AllotmentTest, a_worker_begins_all_that_is_not_taken_back) {
    Allotment allotment;
    for (std::uint32_t i = 0; i < 10; ++i) EXPECT_TRUE(allotment.begin(1, 10, i));
    EXPECT_FALSE(allotment.begin(1, 10, 10));
    EXPECT_EQ(allotment.take_back(1, 10, 2).count, 0U);
    // A task may be tried again.
    EXPECT_TRUE(allotment.begin(1, 10, 3));
}

TEST(AllotmentTest, what_has_not_begun_is_shared) {
    Allotment allotment;
    ASSERT_TRUE(allotment.begin(1, 10, 0));
    auto const third = allotment.take_back(1, 10, 3);
    EXPECT_EQ(third.first, 4U);
    EXPECT_EQ(third.count, 6U);
    EXPECT_EQ(allotment.take_back(1, 10, 2).count, 2U);
    EXPECT_TRUE(allotment.begin(1, 10, 1));
    EXPECT_FALSE(allotment.begin(1, 10, 2));
    EXPECT_EQ(allotment.begin_until(1, 10, 10), 2U);
}

TEST(AllotmentTest, a_batch_may_be_taken_back_before_its_worker_has_heard_of_it) {
    Allotment allotment;
    EXPECT_EQ(allotment.take_back(1, 4, 0).count, 4U);
    EXPECT_FALSE(allotment.begin(1, 4, 0));
    EXPECT_EQ(allotment.begin_until(1, 4, 4), 0U);
}

TEST(AllotmentTest, a_batch_that_is_over_is_not_taken_for_its_successor) {
    Allotment allotment;
    ASSERT_TRUE(allotment.begin(1, 2, 0));
    ASSERT_EQ(allotment.take_back(1, 2, 0).count, 1U);
    ASSERT_EQ(allotment.take_back(2, 5, 2).count, 3U);
    EXPECT_EQ(allotment.take_back(1, 2, 0).count, 0U);
    EXPECT_FALSE(allotment.begin(1, 2, 1));
    EXPECT_TRUE(allotment.begin(2, 5, 1));
    EXPECT_FALSE(allotment.begin(2, 5, 2));
}

TEST(AllotmentTest, numbers_come_again) {
    Allotment allotment;
    std::uint16_t number = 0;
    for (int i = 0; i < 200'000; ++i) {
        number = number == UINT16_MAX ? 1 : static_cast<std::uint16_t>(number + 1);
        ASSERT_TRUE(allotment.begin(number, 2, 0));
        ASSERT_EQ(allotment.take_back(number, 2, 0).count, 1U);
    }
}

TEST(AllotmentTest, nonsense_is_refused) {
    auto const memory = std::make_unique<Allotment>();
    std::uint64_t const more_begun_than_there_are = std::uint64_t{1} << 48U | std::uint64_t{9} << 24U | 5U;
    std::uint64_t const more_than_whole = std::uint64_t{1} << 48U | 50U;
    for (std::uint64_t const word : {more_begun_than_there_are, more_than_whole}) {
        std::memcpy(static_cast<void*>(memory.get()), &word, sizeof word);
        EXPECT_THROW(memory->take_back(1, 10, 2), Nonsense);
    }
}

TEST(AllotmentTest, a_worker_may_be_many_batches_behind) {
    Allotment allotment;
    for (std::uint16_t number = 1; number <= 1000; ++number) {
        ASSERT_EQ(allotment.take_back(number, 3, 0).count, 3U);
    }
    for (std::uint16_t number = 1; number <= 1000; ++number) ASSERT_FALSE(allotment.begin(number, 3, 0));
    EXPECT_TRUE(allotment.begin(1001, 3, 0));
}

TEST(AllotmentTest, a_later_batch_that_is_begun_is_nonsense_to_its_worker) {
    Allotment allotment;
    ASSERT_TRUE(allotment.begin(7, 3, 0));
    EXPECT_THROW(allotment.begin(6, 3, 0), Nonsense);
    EXPECT_THROW(allotment.begin_until(6, 3, 2), Nonsense);
}

/// A worker that begins and a supervisor that takes back at the same time: each task is had by one of them.
TEST(AllotmentTest, each_task_is_had_once) {
    constexpr std::uint32_t whole = 200;
    constexpr std::uint16_t batches = 2'000;
    Allotment allotment;
    std::vector<std::atomic<int>> had(std::size_t{batches} * whole);
    std::atomic<std::uint16_t> over{0};
    std::thread worker{[&] {
        for (std::uint16_t batch = 0; batch < batches; over.store(++batch)) {
            auto const number = static_cast<std::uint16_t>(batch + 1);
            for (std::uint32_t i = 0; i < whole && allotment.begin(number, whole, i); ++i) {
                had[std::size_t{batch} * whole + i].fetch_add(1);
            }
        }
    }};
    // A batch follows in the same allotment when the one before is over, and may be asked for from then on.
    std::uint64_t taken = 0;
    for (std::uint16_t batch = 0; batch < batches; ++batch) {
        auto const number = static_cast<std::uint16_t>(batch + 1);
        while (over.load() < batch) std::this_thread::yield();
        for (std::uint32_t round = 0; over.load() == batch || round < 3; ++round) {
            auto const piece = allotment.take_back(number, whole, 2 + round % 3U);
            for (std::uint32_t i = piece.first; i < piece.first + piece.count; ++i) {
                had[std::size_t{batch} * whole + i].fetch_add(1);
            }
            taken += piece.count;
        }
    }
    worker.join();
    std::uint64_t twice = 0;
    std::uint64_t never = 0;
    for (auto const& times : had) {
        twice += times.load() > 1 ? 1U : 0U;
        never += times.load() == 0 ? 1U : 0U;
    }
    EXPECT_EQ(twice, 0U);
    EXPECT_EQ(never, 0U);
    EXPECT_GT(taken, 0U);
}

}  // namespace
}  // namespace rankpool::link
