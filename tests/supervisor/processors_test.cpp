// SPDX-License-Identifier: MIT
#include "rankpool/supervisor/processors.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace rankpool::supervisor {
namespace {

namespace fs = std::filesystem;
using Numbers = std::vector<int>;

/// Two packages of two cores with two threads each, numbered as most systems do: first threads first.
class ProcessorsTest : public testing::Test {
  protected:
    ProcessorsTest() {
        for (int processor = 0; processor < 8; ++processor) {
            auto const folder =
                root_ / "sys/devices/system/cpu" / ("cpu" + std::to_string(processor)) / "topology";
            fs::create_directories(folder);
            std::ofstream{folder / "physical_package_id"} << processor % 2 << '\n';
            std::ofstream{folder / "core_id"} << processor / 2 % 2 << '\n';
        }
    }
    ~ProcessorsTest() override { fs::remove_all(root_); }

    [[nodiscard]] Numbers of_rank(std::size_t place, std::size_t ranks, Numbers const& usable) const {
        return processors_of_rank(usable, 8, place, ranks, root_);
    }

    Numbers all_{0, 1, 2, 3, 4, 5, 6, 7};
    fs::path root_ = fs::temp_directory_path() / ("processors_test." + std::to_string(::getpid()));
};

TEST_F(ProcessorsTest, each_core_comes_once_before_the_second_threads) {
    EXPECT_EQ(of_rank(0, 1, all_), (Numbers{0, 2, 1, 3, 4, 6, 5, 7}));
}

TEST_F(ProcessorsTest, ranks_that_nobody_has_bound_share_the_cores_of_their_node) {
    EXPECT_EQ(of_rank(0, 2, all_), (Numbers{0, 2, 4, 6}));
    EXPECT_EQ(of_rank(1, 2, all_), (Numbers{1, 3, 5, 7}));
    EXPECT_EQ(of_rank(0, 3, all_), (Numbers{0, 4}));
    EXPECT_EQ(of_rank(1, 3, all_), (Numbers{2, 6}));
    EXPECT_EQ(of_rank(2, 3, all_), (Numbers{1, 3, 5, 7}));
    EXPECT_EQ(of_rank(0, 5, all_), Numbers{});
}

TEST_F(ProcessorsTest, a_rank_that_is_bound_has_its_own) {
    EXPECT_EQ(of_rank(1, 2, {1, 5, 3}), (Numbers{1, 3, 5}));
    EXPECT_EQ(of_rank(0, 9, {6}), Numbers{6});
}

TEST_F(ProcessorsTest, where_the_system_says_nothing_each_is_a_core) {
    EXPECT_EQ(processors_of_rank({0, 1, 2, 3}, 4, 1, 2, root_ / "nowhere"), (Numbers{2, 3}));
}

TEST_F(ProcessorsTest, each_is_given_to_one_worker_at_a_time) {
    Processors some{{4, 2}};
    EXPECT_EQ(some.count(), 2U);
    EXPECT_EQ(some.take(), 4);
    EXPECT_EQ(some.take(), 2);
    EXPECT_EQ(some.take(), std::nullopt);
    some.give_back(4);
    EXPECT_EQ(some.take(), 4);
}

}  // namespace
}  // namespace rankpool::supervisor
