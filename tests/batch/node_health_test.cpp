// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/node_health.hpp"

#include <gtest/gtest.h>

namespace rankpool::batch {
namespace {

/// Hands tasks out to two nodes in turn.
class NodeHealthTest : public testing::Test {
  protected:
    /// How many nodes are found in so many rounds of one task on each node, of which those on `bad` fail.
    int found_in(int rounds, std::string const& bad) {
        int found = 0;
        for (int i = 0; i < rounds; ++i) {
            for (std::string const host : {"n0", "n1"}) {
                auto const finding = health_.note(host, task_++, bad != host && bad != "all");
                if (finding) {
                    EXPECT_EQ(finding->host, bad);
                    ++found;
                }
            }
        }
        return found;
    }

    NodeHealth health_;
    std::int64_t task_ = 0;
};

TEST_F(NodeHealthTest, a_node_where_all_fails_is_found_once) {
    EXPECT_EQ(found_in(10, "n1"), 0);
    EXPECT_EQ(found_in(2, "n1"), 1);
    EXPECT_EQ(found_in(100, "n1"), 0);
}

TEST_F(NodeHealthTest, also_one_that_was_good) {
    EXPECT_EQ(found_in(100, ""), 0);
    EXPECT_EQ(found_in(12, "n0"), 1);
}

TEST_F(NodeHealthTest, bad_inputs_are_no_fault_of_a_node) {
    EXPECT_EQ(found_in(100, ""), 0);
    EXPECT_EQ(found_in(100, "all"), 0);
    EXPECT_EQ(found_in(100, ""), 0);
}

TEST_F(NodeHealthTest, nor_where_one_gets_them_all) {
    // They fail at once, and the other node is at a long task meanwhile, and then at others.
    for (int task = 100; task < 150; ++task) EXPECT_FALSE(health_.note("n0", task, false));
    for (int task = 0; task < 100; ++task) EXPECT_FALSE(health_.note("n1", task, true));
    EXPECT_FALSE(health_.note("n0", 150, false));
}

TEST_F(NodeHealthTest, tries_of_one_task_count_once) {
    EXPECT_EQ(found_in(20, ""), 0);
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(health_.note("n0", 3, false));
        EXPECT_FALSE(health_.note("n0", 37, false));
    }
}

TEST_F(NodeHealthTest, one_that_succeeds_now_and_then_is_none) {
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(found_in(9, "n1"), 0);
        EXPECT_EQ(found_in(1, ""), 0);
    }
}

TEST_F(NodeHealthTest, one_alone_is_never_found) {
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(health_.note("n0", i, i < 50));
}

}  // namespace
}  // namespace rankpool::batch
