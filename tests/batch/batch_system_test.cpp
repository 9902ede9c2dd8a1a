// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/batch_system.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/launch/grid_engine.hpp"
#include "rankpool/batch/launch/slurm.hpp"
#include "rankpool/core/job_environment.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>

namespace {

using namespace rankpool::batch;
using namespace std::chrono_literals;
using rankpool::Deadline;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

/// Puts programs of these lines into PATH, and sets variables, for as long as it lives.
class Surroundings {
  public:
    using Texts = std::map<std::string, std::string>;

    Surroundings(Texts const& programs, Texts const& variables) : variables_(variables) {
        std::filesystem::create_directories(folder_);
        for (auto const& [name, lines] : programs) {
            std::ofstream{folder_ / name} << "#!/bin/sh\n" << lines << '\n';
            std::filesystem::permissions(folder_ / name, std::filesystem::perms::owner_all);
        }
        ::setenv("PATH", (folder_.string() + ":" + path_).c_str(), 1);
        for (auto const& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
    }
    Surroundings(Surroundings const&) = delete;
    Surroundings& operator=(Surroundings const&) = delete;
    ~Surroundings() {
        ::setenv("PATH", path_.c_str(), 1);
        for (auto const& [name, value] : variables_) ::unsetenv(name.c_str());
        std::filesystem::remove_all(folder_);
    }

  private:
    Texts variables_;
    std::string path_ = std::getenv("PATH");
    std::filesystem::path folder_ =
        std::filesystem::path{testing::TempDir()} / ("batch_system_test-" + std::to_string(::getpid()));
};

Surroundings::Texts const in_slurm{{"SLURM_JOB_ID", "4711"}};
Surroundings::Texts const in_grid_engine{{"SGE_JOB_SPOOL_DIR", "/spool/12.1"},
                                         {"JOB_ID", "12"},
                                         {"SGE_TASK_ID", "undefined"},
                                         {"QUEUE", "main.q"},
                                         {"HOSTNAME", "n7"}};

TimeAnswer answer_of(Surroundings::Texts const& programs, Surroundings::Texts const& variables) {
    Surroundings const around{programs, variables};
    return BatchSystem::here()->ask_for_time()->take(Deadline::after(10s)).value();
}

TEST(BatchSystemTest, one_knows_in_whose_job_it_is) {
    EXPECT_EQ(BatchSystem::here(), nullptr);
    EXPECT_EQ(rankpool::batch_job(), std::nullopt);
    {
        Surroundings const around{{}, in_slurm};
        EXPECT_EQ(BatchSystem::here(), &slurm());
        EXPECT_THAT(rankpool::batch_job(), Optional(std::string{"4711"}));
    }
    Surroundings const around{{}, in_grid_engine};
    EXPECT_EQ(BatchSystem::here(), &grid_engine());
    EXPECT_THAT(rankpool::batch_job(), Optional(std::string{"12"}));
    // In one of Slurm's that was submitted there, or in one of its own on Slurm's nodes.
    Surroundings const both{{}, in_slurm};
    EXPECT_EQ(BatchSystem::here(), &slurm());
    ::setenv("SGE_JOB_SPOOL_DIR", "/tmp", 1);
    EXPECT_EQ(BatchSystem::here(), &grid_engine());
}

TEST(BatchSystemTest, jobs_go_to_the_system_that_is_here) {
    EXPECT_EQ(&BatchSystem::to_submit_to("grid-engine"), &grid_engine());
    EXPECT_EQ(&BatchSystem::to_submit_to("slurm"), &slurm());
    EXPECT_THROW(BatchSystem::to_submit_to("pbs"), InputError);
    Surroundings const around{{{"qsub", ""}}, {}};
    std::string const path = std::getenv("PATH");
    ::setenv("PATH", path.substr(0, path.find(':')).c_str(), 1);
    EXPECT_EQ(&BatchSystem::to_submit_to(""), &grid_engine());
    ::setenv("PATH", "/nowhere", 1);
    EXPECT_EQ(&BatchSystem::to_submit_to(""), &slurm()) << "where there is none";
}

TEST(BatchSystemTest, options_stand_in_scripts) {
    EXPECT_EQ(slurm().script_lines({"-t", "10", "a \"b\" \\"}), "#SBATCH -t 10 \"a \\\"b\\\" \\\\\"\n");
    EXPECT_EQ(
        grid_engine().script_lines({"-pe", "mpi", "4", "-l", "h_rt=8:00:00", "-o", "/a b", "-t", "1-2"}),
        "#$ -pe mpi 4 -l h_rt=8:00:00 -o '/a b'\n#$ -t 1-2\n");
    EXPECT_THROW(grid_engine().script_lines({"-N", "it's"}), InputError);
    EXPECT_THROW(grid_engine().script_lines({"-v", "A=a#b"}), InputError);
    EXPECT_THROW(grid_engine().script_lines({"-pe", "m p", "4"}), InputError);
    EXPECT_THAT(slurm().output_options("/a/50%", true), ElementsAre("--output=/a/50%%-%a.out"));
    EXPECT_THAT(grid_engine().output_options("/a/50%", true), ElementsAre("-o", "/a/50%-$TASK_ID.out"));
    EXPECT_THROW(slurm().output_options("a\\b", false), InputError);
    for (auto const* path : {"a:b", "a$b", "a,b", "a#b", "a'b"})
        EXPECT_THROW(grid_engine().output_options(path, false), InputError);
}

TEST(SlurmTest, times) {
    EXPECT_THAT(parse_slurm_time("0:07"), Optional(7));
    EXPECT_THAT(parse_slurm_time("59:59"), Optional(3599));
    EXPECT_THAT(parse_slurm_time("1:00:00"), Optional(3600));
    EXPECT_THAT(parse_slurm_time("2-01:02:03"), Optional(2 * 86400 + 3723));
    for (auto const* text : {"", "7", "1-2", "1-2:3", "-1:00", ":", "1:", ":1", "1:2:3:4", "1:00 ",
                             "UNLIMITED", "INVALID", "NOT_SET", "1--2:3:4"}) {
        EXPECT_EQ(parse_slurm_time(text), std::nullopt) << text;
    }
}

TEST(SlurmTest, what_it_says) {
    auto const answer = [](std::string const& squeue) { return answer_of({{"squeue", squeue}}, in_slurm); };
    auto said = answer("[ \"$*\" = '-h -o %L -j 4711' ] && echo '  1:30'");
    EXPECT_EQ(said.problem, "");
    EXPECT_THAT(said.seconds, Optional(90));
    said = answer("echo UNLIMITED");
    EXPECT_EQ(said.problem, "");
    EXPECT_EQ(said.seconds, std::nullopt);
    EXPECT_THAT(answer("echo INVALID").problem, HasSubstr("'INVALID'"));
    EXPECT_THAT(answer("echo 'slurm_load_jobs error' >&2; exit 1").problem, "squeue: slurm_load_jobs error");
}

TEST(SlurmTest, nobody_waits_for_longer_than_told) {
    Surroundings const around{{{"squeue", "sleep 60"}}, in_slurm};
    auto const start = rankpool::Clock::now();
    EXPECT_FALSE(BatchSystem::here()->ask_for_time()->take(Deadline::after(50ms)));
    EXPECT_LT(rankpool::Clock::now() - start, 5s);
}

TEST(SlurmTest, memory_of_a_node) {
    auto const told = [](Surroundings::Texts const& variables) {
        Surroundings const around{{}, variables};
        return BatchSystem::told_memory();
    };
    EXPECT_THAT(told({{"SLURM_MEM_PER_NODE", "200"}}), Optional(200 << 20));
    EXPECT_THAT(told({{"SLURM_MEM_PER_CPU", "100"}, {"SLURM_CPUS_ON_NODE", "4"}}), Optional(400 << 20));
    for (auto const* wrong : {"", "0", "-1", "x", "9999999999999"})
        EXPECT_EQ(told({{"SLURM_MEM_PER_NODE", wrong}}), std::nullopt);
}

/// As Grid Engine 8.1.9 writes it.
std::string running(std::string const& job, std::string const& more) {
    return "<?xml version='1.0'?>\n<job_info  xmlns:xsd=\"http://x/qstat.xsd\">\n  <queue_info>\n"
           "    <job_list state=\"running\">\n      <JB_job_number>7</JB_job_number>\n"
           "      <JAT_start_time>2026-11-27T01:00:00</JAT_start_time>\n    </job_list>\n"
           "    <job_list state=\"running\">\n      <JB_job_number>" +
           job +
           "</JB_job_number>\n      <JB_name>rankpool</JB_name>\n"
           "      <JAT_start_time>2026-11-27T17:44:20</JAT_start_time>\n" +
           more + "\n    </job_list>\n  </queue_info>\n  <job_info>\n  </job_info>\n</job_info>\n";
}

constexpr auto two_minutes =
    "<hard_request name=\"h_rt\" resource_contribution=\"0.000000\">120</hard_request>";

double start_of_job() {
    std::tm time{};
    time.tm_year = 126, time.tm_mon = 10, time.tm_mday = 27, time.tm_hour = 17, time.tm_min = 44,
    time.tm_sec = 20;
    time.tm_isdst = -1;
    return static_cast<double>(std::mktime(&time));
}

TEST(GridEngineTest, time_left) {
    double const now = start_of_job() + 50;
    auto answer = grid_engines_answer(running("12", two_minutes), "12", "undefined", now);
    EXPECT_EQ(answer.problem, "");
    EXPECT_THAT(answer.seconds, Optional(70));
    EXPECT_THAT(answer.whole, Optional(120));
}

TEST(GridEngineTest, time_left_of_the_queue) {
    double const now = start_of_job() + 50;
    auto const left = [&](std::string const& queue, std::string const& asked) {
        return grid_engines_answer(queue + running("12", asked), "12", "undefined", now).seconds;
    };
    EXPECT_THAT(left("h_rt    00:01:00\n", two_minutes), Optional(10));
    EXPECT_THAT(left("h_rt    10:00:00\n", two_minutes), Optional(70));
    EXPECT_EQ(left("h_rt    INFINITY\n", ""), std::nullopt);
    // What is no time counts where the job has asked for none: it would not run where it may not have that.
    EXPECT_THAT(left("h_rt    00:01:00,[n2=00:00:30]\n", two_minutes), Optional(70));
    EXPECT_EQ(grid_engines_answer("h_rt  odd\n" + running("12", ""), "12", "undefined", now).problem,
              "qconf says 'odd'");
    EXPECT_THAT(left("h_rt    90\n", ""), Optional(40));
    EXPECT_THAT(left("h_rt    40\n", ""), Optional(0)) << "it is over";
}

TEST(GridEngineTest, jobs_of_an_array) {
    auto const text = running("12", std::string{"<tasks>3</tasks>"} + two_minutes);
    EXPECT_EQ(grid_engines_answer(text, "12", "3", start_of_job()).problem, "");
    EXPECT_EQ(grid_engines_answer(text, "12", "4", start_of_job()).problem,
              "qstat: job 12 is not among those that run");
}

TEST(GridEngineTest, what_is_no_answer) {
    auto const problem = [](std::string const& text) {
        return grid_engines_answer(text, "12", "undefined", 0).problem;
    };
    EXPECT_EQ(problem(""), "qstat: no XML comes from it");
    EXPECT_THAT(problem("<?xml version='1.0'?><a>"), HasSubstr("qstat: "));
    EXPECT_EQ(problem(running("13", "")), "qstat: job 12 is not among those that run");
}

TEST(GridEngineTest, it_is_asked) {
    auto const out = running("12", two_minutes);
    auto answer = answer_of({{"qconf", "[ \"$*\" = '-sq main.q@n7' ] && echo 'h_rt INFINITY'"},
                             {"qstat", "[ \"$*\" = '-r -s r -xml' ] && cat <<'END'\n" + out + "END"}},
                            in_grid_engine);
    EXPECT_EQ(answer.problem, "");
    EXPECT_THAT(answer.whole, Optional(120));
    answer = answer_of({{"qconf", "exit 1"},
                        {"qstat", "echo 'denied: host \"n7\" is neither submit nor admin host' >&2; exit 1"}},
                       in_grid_engine);
    EXPECT_EQ(answer.problem, "qstat: denied: host \"n7\" is neither submit nor admin host");
}

}  // namespace
