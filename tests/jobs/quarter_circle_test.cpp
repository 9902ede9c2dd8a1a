// SPDX-License-Identifier: MIT
#include "jobs/parts/quarter_circle.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace {

TEST(QuarterCircleTest, blocks_cover_the_samples) {
    EXPECT_EQ(jobs::block_count(1), 1U);
    EXPECT_EQ(jobs::block_count(jobs::block_size), 1U);
    EXPECT_EQ(jobs::block_count(jobs::block_size + 1), 2U);
    EXPECT_EQ(jobs::block_count(1'000'000'000'000'000'000), 953674316407U);
}

TEST(QuarterCircleTest, a_block_depends_on_its_arguments_alone) {
    std::uint64_t const samples = 2 * jobs::block_size + 1000;
    EXPECT_EQ(jobs::hits_in_block(1, samples, 0), jobs::hits_in_block(1, samples, 0));
    EXPECT_NE(jobs::hits_in_block(1, samples, 0), jobs::hits_in_block(1, samples, 1));
    EXPECT_NE(jobs::hits_in_block(1, samples, 0), jobs::hits_in_block(2, samples, 0));
    EXPECT_EQ(jobs::hits_in_block(1, samples, 0), jobs::hits_in_block(1, jobs::block_size, 0));
    EXPECT_LE(jobs::hits_in_block(1, samples, 2), 1000U) << "the last block has what is left";
}

TEST(QuarterCircleTest, the_share_of_hits_is_that_of_the_areas) {
    std::uint64_t const samples = 8 * jobs::block_size;
    std::uint64_t hits = 0;
    for (std::uint64_t block = 0; block < 8; ++block) hits += jobs::hits_in_block(7, samples, block);
    auto const pi = jobs::estimate_pi(hits, samples);
    EXPECT_LT(std::abs(pi.value - std::numbers::pi), 4 * pi.standard_error);
    // 4 sqrt(p (1 - p) / n) with p = pi / 4.
    EXPECT_NEAR(pi.standard_error, 1.6422 / std::sqrt(static_cast<double>(samples)), 1e-5);
}

}  // namespace
