// SPDX-License-Identifier: MIT
// What a person sees of a call while it runs.
#include "tests/pool/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

namespace rankpool {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

long odd(long x) {
    if (x % 2 == 0) throw std::invalid_argument("even");
    return x;
}

template <class Call>
std::string shown_by(Call call) {
    testing::internal::CaptureStderr();
    call();
    return testing::internal::GetCapturedStderr();
}

TEST(ProgressTest, a_call_says_how_far_it_has_come) {
    auto pool = context().pool(2);
    std::vector<long> const xs{1, 3, 5};
    MapOptions const shown{.progress = "pairs"};
    EXPECT_THAT(shown_by([&] { pool.map<odd>(xs, shown); }), StartsWith("3/3 pairs  100 %"));
    EXPECT_THAT(shown_by([&] {
                    pool.try_map<odd>(std::vector<long>{1, 2}, shown);
                }),
                StartsWith("2/2 pairs  100 %  1 failed"));
    EXPECT_THAT(shown_by([&] {
                    auto results = pool.imap<odd>(xs, shown);
                    long total = 0;
                    for (long const x : results) total += x;
                    EXPECT_EQ(total, 9);
                }),
                StartsWith("3/3 pairs"));
    EXPECT_EQ(shown_by([&] { pool.map<odd>(xs); }), "");
}

TEST(ProgressTest, inputs_whose_number_is_not_known_are_not_read_for_it) {
    auto pool = context().pool(2);
    int asked = 0;
    auto xs = std::views::iota(0L, 10L) | std::views::filter([&](long x) { return ++asked, x % 2 == 1; });
    EXPECT_THAT(shown_by([&] { pool.map<odd>(xs, {.progress = "rows"}); }), StartsWith("5/5 rows"));
    EXPECT_EQ(asked, 10);
}

}  // namespace
}  // namespace rankpool
