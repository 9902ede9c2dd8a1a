// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/slurm_time.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

using namespace rankpool::batch;
using namespace std::chrono_literals;
using rankpool::Deadline;
using testing::HasSubstr;
using testing::Optional;

TEST(SlurmTimeTest, times) {
    EXPECT_THAT(parse_slurm_time("0:07"), Optional(7));
    EXPECT_THAT(parse_slurm_time("59:59"), Optional(3599));
    EXPECT_THAT(parse_slurm_time("1:00:00"), Optional(3600));
    EXPECT_THAT(parse_slurm_time("2-01:02:03"), Optional(2 * 86400 + 3723));
    for (auto const* text : {"", "7", "1-2", "1-2:3", "-1:00", ":", "1:", ":1", "1:2:3:4", "1:00 ",
                             "UNLIMITED", "INVALID", "NOT_SET", "1--2:3:4"}) {
        EXPECT_EQ(parse_slurm_time(text), std::nullopt) << text;
    }
}

/// Puts a squeue of these lines into PATH for as long as it lives.
class FakeSqueue {
  public:
    explicit FakeSqueue(std::string const& lines) {
        std::filesystem::create_directories(folder_);
        std::ofstream{folder_ / "squeue"} << "#!/bin/sh\n" << lines << '\n';
        std::filesystem::permissions(folder_ / "squeue", std::filesystem::perms::owner_all);
        ::setenv("PATH", (folder_.string() + ":" + path_).c_str(), 1);
        ::setenv("SLURM_JOB_ID", "4711", 1);
    }
    FakeSqueue(FakeSqueue const&) = delete;
    FakeSqueue& operator=(FakeSqueue const&) = delete;
    ~FakeSqueue() {
        ::setenv("PATH", path_.c_str(), 1);
        ::unsetenv("SLURM_JOB_ID");
        std::filesystem::remove_all(folder_);
    }

  private:
    std::string path_ = std::getenv("PATH");
    std::filesystem::path folder_ =
        std::filesystem::path{testing::TempDir()} / ("slurm_time_test-" + std::to_string(::getpid()));
};

SlurmAnswer answer_of(std::string const& lines) {
    FakeSqueue const squeue{lines};
    SlurmQuestion question;
    return question.take(Deadline::after(10s)).value();
}

TEST(SlurmTimeTest, what_slurm_says) {
    auto answer = answer_of("[ \"$*\" = '-h -o %L -j 4711' ] && echo '  1:30'");
    EXPECT_EQ(answer.problem, "");
    EXPECT_THAT(answer.seconds, Optional(90));
    answer = answer_of("echo UNLIMITED");
    EXPECT_EQ(answer.problem, "");
    EXPECT_EQ(answer.seconds, std::nullopt);
    EXPECT_THAT(answer_of("echo INVALID").problem, HasSubstr("'INVALID'"));
    EXPECT_THAT(answer_of("echo 'slurm_load_jobs error' >&2; exit 1").problem,
                "squeue: slurm_load_jobs error");
}

TEST(SlurmTimeTest, it_does_not_wait_for_longer_than_told) {
    FakeSqueue const squeue{"sleep 60"};
    auto const start = rankpool::Clock::now();
    {
        SlurmQuestion question;
        EXPECT_FALSE(question.take(Deadline::after(50ms)));
    }
    EXPECT_LT(rankpool::Clock::now() - start, 5s);
}

}  // namespace
