// SPDX-License-Identifier: MIT
#include "rankpool/batch/text/nearest_name.hpp"

#include <gtest/gtest.h>

namespace {

using rankpool::batch::nearest_name;

TEST(NearestNameTest, a_letter_too_many_too_few_or_wrong) {
    std::vector<std::string> const names{"--retries", "--retry-failed", "--resume", "--k"};
    for (auto const* typed : {"--retry", "--retris", "--retriess", "--rertries", "--Retries", "-retries"}) {
        EXPECT_EQ(nearest_name(typed, names), "--retries") << typed;
    }
    EXPECT_EQ(nearest_name("--resum", names), "--resume");
    EXPECT_EQ(nearest_name("--j", names), "--k");
    EXPECT_EQ(nearest_name("--retry", {"--beta", "--retries", "--metric"}), "--retries");
}

TEST(NearestNameTest, nothing_is_near) {
    EXPECT_EQ(nearest_name("--colour", {"--retries", "--resume"}), "");
    EXPECT_EQ(nearest_name("", {"--retries"}), "");
    EXPECT_EQ(nearest_name("--retries", {}), "");
    EXPECT_EQ(nearest_name(std::string(1'000'000, 'x'), {"--retries"}), "");
}

}  // namespace
