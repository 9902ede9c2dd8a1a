// SPDX-License-Identifier: MIT
#include "jobs/parts/numbers.hpp"

#include <gmock/gmock.h>

#include <ranges>
#include <vector>

namespace {

using testing::ElementsAre;

static_assert(std::ranges::input_range<jobs::Numbers>);
static_assert(std::ranges::sized_range<jobs::Numbers>);

TEST(NumbersTest, count_from_0) {
    std::vector<std::uint64_t> seen;
    for (std::uint64_t const number : jobs::Numbers{3}) seen.push_back(number);
    EXPECT_THAT(seen, ElementsAre(0, 1, 2));
}

TEST(NumbersTest, may_be_none) {
    EXPECT_EQ(jobs::Numbers{0}.begin(), jobs::Numbers{0}.end());
    EXPECT_EQ(jobs::Numbers{0}.size(), 0U);
}

}  // namespace
