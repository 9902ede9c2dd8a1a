// SPDX-License-Identifier: MIT
#include "rankpool/core/cgroup.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace rankpool {
namespace {

namespace fs = std::filesystem;

/// A file system in a folder of its own.
class CgroupTest : public testing::Test {
  protected:
    CgroupTest() { write("proc/self/cgroup", ""); }
    ~CgroupTest() override { fs::remove_all(root_); }

    void write(std::string const& name, std::string const& text) {
        fs::create_directories((root_ / name).parent_path());
        std::ofstream{root_ / name} << text;
    }

    fs::path root_ = fs::temp_directory_path() / ("cgroup_test." + std::to_string(::getpid()));
};

TEST_F(CgroupTest, without_a_limit_nothing_is_said) {
    EXPECT_FALSE(cpu_quota(root_));
    EXPECT_FALSE(cpu_quota(root_ / "nowhere"));
    write("proc/self/cgroup", "0::/a\n1:cpu:/a\n");
    write("sys/fs/cgroup/a/cpu.max", "max 100000\n");
    write("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "-1\n");
    write("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
    EXPECT_FALSE(cpu_quota(root_));
}

TEST_F(CgroupTest, the_narrowest_group_on_the_way_up_counts) {
    write("proc/self/cgroup", "0::/a/b\n");
    write("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    EXPECT_EQ(cpu_quota(root_), 1.5);
    write("sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
    EXPECT_EQ(cpu_quota(root_), 1.5);
    write("sys/fs/cgroup/cpu.max", "50000 100000\n");
    EXPECT_EQ(cpu_quota(root_), 0.5);
}

TEST_F(CgroupTest, version_1_has_a_folder_for_each_controller) {
    write("proc/self/cgroup", "7:cpuset:/other\n4:cpuacct,cpu:/job\n");
    write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "300000\n");
    write("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(cpu_quota(root_), 3);
}

TEST_F(CgroupTest, groups_are_told_from_the_innermost) {
    write("proc/self/cgroup", "0::/a/b\n");
    auto const groups = control_groups("memory", root_);
    ASSERT_EQ(groups.size(), 3U);
    EXPECT_EQ(groups[0].folder, root_ / "sys/fs/cgroup/a/b");
    EXPECT_EQ(groups[1].folder, root_ / "sys/fs/cgroup/a");
    EXPECT_TRUE(groups[2].is_unified);
    EXPECT_TRUE(fs::path{groups[2].folder / "x"}.parent_path().lexically_normal() ==
                fs::path{root_ / "sys/fs/cgroup/x"}.parent_path());
}

}  // namespace
}  // namespace rankpool
