// SPDX-License-Identifier: MIT
#include "rankpool/batch/check/check_facts.hpp"
#include "rankpool/batch/check/check_findings.hpp"

#include <gmock/gmock.h>

namespace {

using namespace rankpool::batch;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t gigabyte = 1'000'000'000;

/// Two hosts of four cores and as many ranks, with which all is well.
CheckFacts good_facts() {
    CheckFacts facts;
    for (int rank = 0; rank < 8; ++rank) {
        RankFacts one;
        one.rank = rank;
        one.host = rank < 4 ? "a" : "b";
        one.cores_of_host = 4;
        one.cores = {0, 1, 2, 3};
        one.memory = 16 * gigabyte;
        one.shared_memory = gigabyte;
        one.transports = {"btl self", "btl tcp", "btl vader", "pml ob1"};
        one.sees_folder = true;
        facts.ranks.push_back(one);
    }
    facts.tasks_told = 8;
    facts.has_recovery = true;
    facts.folder = "/home/me";
    facts.is_writable = true;
    facts.free_space = 100 * gigabyte;
    return facts;
}

std::vector<std::string> problems_of(CheckFacts const& facts) {
    std::vector<std::string> problems;
    for (auto const& finding : findings_of(facts)) {
        if (finding.is_problem) problems.push_back(finding.what + " (" + finding.why + ")");
    }
    return problems;
}

TEST(CheckTest, all_is_well) {
    EXPECT_THAT(findings_of(good_facts()), IsEmpty());
}

TEST(CheckTest, a_trial) {
    auto facts = good_facts();
    facts.lives_on = 7;
    EXPECT_THAT(findings_of(facts), IsEmpty());
    facts.lives_on = 3;
    EXPECT_THAT(problems_of(facts),
                ElementsAre(HasSubstr("3 of 7 ranks live on without a rank that is killed")));
}

TEST(CheckTest, too_many_workers) {
    auto facts = good_facts();
    facts.workers_per_rank = 2;
    EXPECT_THAT(problems_of(facts),
                ElementsAre(HasSubstr("a has 8 workers on 4 cores"), HasSubstr("b has 8")));
}

TEST(CheckTest, ranks_that_share_a_core) {
    auto facts = good_facts();
    for (auto& rank : facts.ranks) rank.cores = {rank.rank % 4};
    EXPECT_THAT(problems_of(facts), IsEmpty());
    facts.ranks[1].cores = {0};
    EXPECT_THAT(problems_of(facts), ElementsAre(HasSubstr("a has 4 workers on 3 cores"),
                                                HasSubstr("2 workers share 1 of the cores of a")));
}

TEST(CheckTest, idle_cores_are_no_problem) {
    auto facts = good_facts();
    facts.ranks.pop_back();
    facts.tasks_told = 7;
    auto const findings = findings_of(facts);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_FALSE(findings[0].is_problem);
    EXPECT_EQ(findings[0].what, "1 of 4 cores of b have no worker");
}

TEST(CheckTest, worlds_of_one) {
    auto facts = good_facts();
    facts.ranks.resize(1);
    facts.is_batch_job = true;
    EXPECT_THAT(problems_of(facts), ElementsAre(HasSubstr("started without mpirun or srun")));
    facts.is_slurm_step = true;
    EXPECT_THAT(problems_of(facts), ElementsAre(HasSubstr("1 rank where 8 were asked for (srun and")));
}

TEST(CheckTest, memory) {
    auto facts = good_facts();
    for (auto& rank : facts.ranks) rank.memory = gigabyte / 2;
    EXPECT_THAT(
        problems_of(facts),
        ElementsAre(HasSubstr("a has 125 MB for each worker (little memory is free)"), HasSubstr("b has")));
    facts = good_facts();
    facts.ranks[4].shared_memory = 20'000'000;
    EXPECT_THAT(problems_of(facts),
                ElementsAre(HasSubstr("b has 20 MB in /dev/shm (4 ranks there need some 34 MB")));
}

TEST(CheckTest, folders) {
    auto facts = good_facts();
    facts.ranks[7].sees_folder = false;
    facts.free_space = 1'000'000;
    EXPECT_THAT(problems_of(facts), ElementsAre(HasSubstr("/home/me has 1.0 MB left"),
                                                HasSubstr("1 of 2 hosts, such as b, do not see /home/me")));
    facts.is_writable = false;
    EXPECT_THAT(problems_of(facts), ElementsAre(HasSubstr("cannot write in /home/me")));
}

TEST(CheckTest, networks_and_time) {
    auto facts = good_facts();
    facts.ranks[3].has_fast_network = true;
    facts.time_problem = "squeue does not answer";
    EXPECT_THAT(problems_of(facts),
                ElementsAre(HasSubstr("ranks talk by TCP over a network that can do better"),
                            HasSubstr("(squeue does not answer)")));
    facts = good_facts();
    for (auto& rank : facts.ranks) rank.transports = {"btl self", "btl tcp", "pml ob1"};
    EXPECT_THAT(problems_of(facts), ElementsAre(HasSubstr("ranks on a talk by TCP")));
}

TEST(CheckTest, what_a_process_has_loaded) {
    EXPECT_THAT(
        transports_in(
            "7f00 r-xp /usr/lib/openmpi3/mca_btl_tcp.so\n7f01 /usr/lib/openmpi3/mca_pml_ucx.so (deleted)\n"
            "7f02 /usr/lib/mca_coll_basic.so\n7f03 /usr/lib/openmpi3/mca_btl_tcp.so\n"),
        ElementsAre("btl tcp", "pml ucx"));
    EXPECT_THAT(transports_in(""), IsEmpty());
    EXPECT_THAT(transports_in("/mca_"), IsEmpty());
}

}  // namespace
