// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/node_health.hpp"

#include <gtest/gtest.h>

namespace rankpool::batch {
namespace {

/// How many nodes are found in so many rounds of one attempt on each node, of which those on `bad` fail.
int found_in(NodeHealth& health, int rounds, std::string const& bad) {
    int found = 0;
    for (int i = 0; i < rounds; ++i) {
        for (std::string const host : {"n0", "n1"}) {
            auto const finding = health.note(host, bad != host && bad != "all");
            if (finding) {
                EXPECT_EQ(finding->host, bad);
            }
            found += finding ? 1 : 0;
        }
    }
    return found;
}

TEST(NodeHealthTest, a_node_where_all_fails_is_found_once) {
    NodeHealth health;
    EXPECT_EQ(found_in(health, 10, "n1"), 0);
    EXPECT_EQ(found_in(health, 1, "n1"), 1);
    EXPECT_EQ(found_in(health, 100, "n1"), 0);
}

TEST(NodeHealthTest, also_one_that_was_good) {
    NodeHealth health;
    EXPECT_EQ(found_in(health, 100, ""), 0);
    EXPECT_EQ(found_in(health, 11, "n0"), 1);
}

TEST(NodeHealthTest, bad_inputs_are_no_fault_of_a_node) {
    NodeHealth health;
    EXPECT_EQ(found_in(health, 100, ""), 0);
    EXPECT_EQ(found_in(health, 100, "all"), 0);
    EXPECT_EQ(found_in(health, 100, ""), 0);
}

TEST(NodeHealthTest, one_that_succeeds_now_and_then_is_none) {
    NodeHealth health;
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(found_in(health, 9, "n1"), 0);
        EXPECT_EQ(found_in(health, 1, ""), 0);
    }
}

TEST(NodeHealthTest, one_alone_is_never_found) {
    NodeHealth health;
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(health.note("n0", i < 50));
}

}  // namespace
}  // namespace rankpool::batch
