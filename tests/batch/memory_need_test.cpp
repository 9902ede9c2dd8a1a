// SPDX-License-Identifier: MIT
#include "rankpool/batch/resources/memory_need.hpp"

#include <gtest/gtest.h>

namespace rankpool::batch {
namespace {

TEST(MemoryNeedTest, what_is_asked_counts) {
    EXPECT_EQ(memory_need(300, {}, 1000, 4), 300U);
    EXPECT_EQ(memory_need(300, {.peak = 900}, 1000, 4), 300U);
    // That there is not so much is told elsewhere.
    EXPECT_EQ(memory_need(3000, {}, 1000, 4), 3000U);
}

TEST(MemoryNeedTest, what_is_learned_counts_where_not_all_fit) {
    EXPECT_EQ(memory_need(0, {}, 1000, 4), 0U);
    EXPECT_EQ(memory_need(0, {.peak = 200}, 1000, 4), 0U);
    EXPECT_EQ(memory_need(0, {.peak = 300}, 1000, 4), 330U);
    EXPECT_EQ(memory_need(0, {.peak = 2000}, 1000, 4), 1000U);
    EXPECT_EQ(memory_need(0, {.peak = 2000}, 1000, 1), 0U) << "one alone has it all anyway";
}

TEST(MemoryNeedTest, what_had_too_little_gets_half_as_much_more) {
    EXPECT_EQ(memory_need(400, {.failures = 1}, 1000, 4), 600U);
    EXPECT_EQ(memory_need(400, {.failures = 2}, 1000, 4), 900U);
    EXPECT_EQ(memory_need(400, {.failures = 3}, 1000, 4), 1000U);
    EXPECT_EQ(memory_need(0, {.peak = 200, .limit = 100, .failures = 1}, 1000, 4), 150U);
    EXPECT_EQ(memory_need(0, {.peak = 100, .failed = 400, .failures = 1}, 1000, 4), 600U);
    EXPECT_EQ(memory_need(0, {.failed = 1, .failures = 1}, 1000, 4), 375U) << "it had just begun";
    EXPECT_EQ(memory_need(0, {.limit = 100, .failures = 2}, 1000, 4), 225U);
    EXPECT_EQ((KnownMemory{.failures = 2}.raised(100)), 225U);
    EXPECT_EQ((KnownMemory{.failures = 2}.raised(0)), 0U);
    EXPECT_GT((KnownMemory{.failures = 200}.raised(UINT64_MAX)), std::uint64_t{1} << 62) << "no overflow";
}

}  // namespace
}  // namespace rankpool::batch
