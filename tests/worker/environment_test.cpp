// SPDX-License-Identifier: MIT
#include "rankpool/rankpool.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rankpool {
namespace {

/// Names of variables by which a process takes itself for a rank.
std::string names_of_a_rank(long /*number*/) {
    std::string names;
    for (char** entry = environ; *entry; ++entry) {
        std::string_view const text{*entry};
        for (auto const* start : {"OMPI_COMM_WORLD_", "OMPI_MCA_ess", "OMPI_MCA_orte_hnp", "PMIX_RANK",
                                  "PMIX_NAMESPACE", "PMIX_SERVER_", "PMI_", "RANKPOOL_WORKERS_PER_RANK"}) {
            if (text.starts_with(start)) names.append(text.substr(0, text.find('='))).append(" ");
        }
    }
    return names;
}

void put_names(Queue<std::string> names) {
    names.put(names_of_a_rank(0));
}

int run_alone(std::string const& program) {
    return std::system(("timeout 50 " + program + " --gtest_filter=-* >/dev/null 2>&1").c_str());
}

TEST(EnvironmentTest, nothing_takes_itself_for_a_rank) {
    EXPECT_EQ(names_of_a_rank(0), "");
    auto pool = context().pool();
    auto const workers = static_cast<std::size_t>(pool.size());
    EXPECT_EQ(pool.map<names_of_a_rank>(std::vector<long>(workers)), std::vector<std::string>(workers));
    auto queue = context().queue<std::string>();
    auto child = context().process<put_names>(queue);
    child.start();
    EXPECT_EQ(queue.get(), "");
    child.join();
}

TEST(EnvironmentTest, a_task_may_run_a_program_that_starts_mpi) {
    auto pool = context().pool(1);
    EXPECT_EQ(pool.apply<run_alone>(std::filesystem::read_symlink("/proc/self/exe").string()), 0);
}

}  // namespace
}  // namespace rankpool
