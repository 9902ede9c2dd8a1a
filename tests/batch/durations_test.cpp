// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/durations.hpp"

#include <gmock/gmock.h>

namespace {

using rankpool::batch::Durations;

TEST(DurationsTest, none) {
    Durations const durations;
    EXPECT_EQ(durations.count(), 0U);
    EXPECT_EQ(durations.quantile(0.95), 0);
}

TEST(DurationsTest, quantiles_are_never_too_small_and_at_most_a_step_too_large) {
    Durations durations;
    for (int i = 1; i <= 1000; ++i) durations.add(i * 0.01);
    for (double const share : {0.01, 0.5, 0.95, 1.0}) {
        EXPECT_GE(durations.quantile(share), share * 10 * (1 - 1e-9)) << share;
        EXPECT_LE(durations.quantile(share), share * 10 * 1.051) << share;
    }
}

TEST(DurationsTest, of_a_few_tasks_the_longest_counts) {
    Durations durations;
    for (double const seconds : {1.0, 2.0, 30.0}) durations.add(seconds);
    EXPECT_GE(durations.quantile(0.95), 30);
}

TEST(DurationsTest, extremes) {
    Durations durations;
    durations.add(0);
    EXPECT_LE(durations.quantile(1), 1e-6);
    durations.add(1e30);
    EXPECT_GT(durations.quantile(1), 3600.0 * 24 * 365);
}

}  // namespace
