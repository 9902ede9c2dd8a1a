// SPDX-License-Identifier: MIT
#include "rankpool/core/job_environment.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace rankpool {
namespace {

TEST(JobEnvironmentTest, a_variable_that_is_taken_is_known_and_not_inherited) {
    ::setenv("RANKPOOL_SOMETHING", "a=b", 1);
    take_variable("RANKPOOL_SOMETHING");
    EXPECT_EQ(std::getenv("RANKPOOL_SOMETHING"), nullptr);
    EXPECT_EQ(job_variable("RANKPOOL_SOMETHING"), "a=b");
    EXPECT_EQ(job_variable("RANKPOOL_NOTHING"), std::nullopt);
    ::setenv("RANKPOOL_EMPTY", "", 1);
    EXPECT_EQ(job_variable("RANKPOOL_EMPTY"), "");
}

TEST(JobEnvironmentTest, without_a_launcher_all_is_the_users) {
    for (char const* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMIX_NAMESPACE", "PMI_RANK", "PMI_FD"})
        ::unsetenv(name);
    ::setenv("OMPI_MCA_orte_tmpdir_base", "/scratch", 1);
    take_launchers_variables();
    EXPECT_STREQ(std::getenv("OMPI_MCA_orte_tmpdir_base"), "/scratch");
}

TEST(JobEnvironmentTest, what_names_the_job_goes_and_what_is_set_for_it_stays) {
    char const* const launchers[] = {"OMPI_COMM_WORLD_SIZE",
                                     "OMPI_COMM_WORLD_LOCAL_RANK",
                                     "OMPI_MCA_ess",
                                     "OMPI_MCA_ess_base_jobid",
                                     "OMPI_MCA_orte_hnp_uri",
                                     "OMPI_MCA_pmix",
                                     "OMPI_UNIVERSE_SIZE",
                                     "OMPI_FILE_LOCATION",
                                     "PMIX_RANK",
                                     "PMIX_NAMESPACE",
                                     "PMIX_SERVER_URI41",
                                     "PMIX_VERSION",
                                     "PMI_RANK",
                                     "PMI_FD"};
    char const* const users[] = {"OMPI_MCA_btl",           "OMPI_MCA_pml", "OMPI_CXX", "OMPI_CFLAGS",
                                 "OMPI_ALLOW_RUN_AS_ROOT", "PMIX_MCA_gds", "PMIXED",   "SLURM_PROCID"};
    for (auto const* name : launchers) ::setenv(name, "1", 1);
    for (auto const* name : users) ::setenv(name, "2", 1);
    take_launchers_variables();
    for (auto const* name : launchers) {
        EXPECT_EQ(std::getenv(name), nullptr) << name;
        EXPECT_EQ(job_variable(name), "1") << name;
    }
    for (auto const* name : users) EXPECT_STREQ(std::getenv(name), "2") << name;
    EXPECT_FALSE(is_first_rank());
}

}  // namespace
}  // namespace rankpool
