// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/time_limit.hpp"

#include "tests/support/moved_time.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <vector>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;
using support::MovedTime;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Verdict = TimeLimit::Verdict;

/// Knows nothing of its job but when it ends.
class MadeUpSystem final : public BatchSystem {
  public:
    explicit MadeUpSystem(MovedTime const& time) : time_(time) {}

    bool answers = true;
    std::optional<Clock::time_point> ends;
    std::string problem;
    mutable int asked = 0;

    [[nodiscard]] std::unique_ptr<TimeQuestion> ask_for_time() const override {
        ++asked;
        return std::make_unique<Question>(*this);
    }

    [[nodiscard]] std::string_view name() const override { return "made-up"; }
    [[nodiscard]] bool has_this_job() const override { return true; }
    [[nodiscard]] int tasks() const override { return 0; }
    [[nodiscard]] std::string_view submitter() const override { return ""; }
    [[nodiscard]] std::string script_lines(std::vector<std::string> const& /*options*/) const override {
        return "";
    }
    [[nodiscard]] bool says_output(std::string const& /*option*/) const override { return false; }
    [[nodiscard]] bool says_array(std::string const& /*option*/) const override { return false; }
    [[nodiscard]] std::vector<std::string> output_options(std::string const& /*path*/,
                                                          bool /*is_array*/) const override {
        return {};
    }
    [[nodiscard]] std::string_view array_variable() const override { return ""; }
    [[nodiscard]] std::string_view array_suffix() const override { return ""; }
    [[nodiscard]] std::vector<std::string_view> launchers() const override { return {}; }
    [[nodiscard]] std::string_view terse() const override { return ""; }

  private:
    class Question final : public TimeQuestion {
      public:
        explicit Question(MadeUpSystem const& system) : system_(system) {}

        std::optional<TimeAnswer> take(Deadline const& /*deadline*/) override {
            if (!system_.answers) return std::nullopt;
            TimeAnswer answer{.problem = system_.problem};
            if (system_.ends)
                answer.seconds = std::chrono::duration<double>(*system_.ends - system_.time_.now()).count();
            return answer;
        }

      private:
        MadeUpSystem const& system_;
    };

    MovedTime const& time_;
};

class TimeLimitTest : public testing::Test {
  protected:
    TimeLimitTest() {
        // The job in which the tests may run.
        for (char const* name : {"SLURM_JOB_END_TIME", "SLURM_JOB_START_TIME"}) ::unsetenv(name);
    }

    [[nodiscard]] TimeLimit limit() const { return {settings_, time_, nullptr}; }
    [[nodiscard]] TimeLimit limit_of_job() const { return {settings_, time_, &system_}; }

    /// Moves on to so long after the start.
    void pass_to(Clock::duration since_start) { time_.pass(start_ + since_start - time_.now()); }
    /// Looks each second until so long after the start, and gives the last verdict.
    Verdict look_until(TimeLimit& limit, Clock::duration since_start) {
        auto verdict = limit.look(0);
        while (time_.now() < start_ + since_start) {
            time_.pass(1s);
            verdict = limit.look(0);
        }
        return verdict;
    }

    MovedTime time_;
    Clock::time_point start_ = time_.now();
    MadeUpSystem system_{time_};
    RunSettings settings_;
};

TEST_F(TimeLimitTest, without_one_time_does_not_matter) {
    auto none = limit();
    EXPECT_EQ(none.look(0), Verdict::go_on);
    time_.pass(24h * 365);
    EXPECT_EQ(none.look(0), Verdict::go_on);
    EXPECT_FALSE(none.is_near());
}

TEST_F(TimeLimitTest, is_over_when_what_is_kept_free_begins) {
    settings_.time_limit = "1h";
    settings_.time_margin = "1m";
    auto own = limit();
    EXPECT_EQ(own.look(0), Verdict::go_on);
    pass_to(59min - 101ms);
    EXPECT_EQ(own.look(0), Verdict::go_on);
    pass_to(59min - 99ms);
    EXPECT_EQ(own.look(0), Verdict::no_new_tasks) << "one would not get there in time";
    pass_to(59min - 1ms);
    EXPECT_EQ(own.look(0), Verdict::no_new_tasks);
    pass_to(59min + 1ms);
    EXPECT_EQ(own.look(0), Verdict::over);
}

TEST_F(TimeLimitTest, keeps_a_twentieth_free_but_no_more_than_a_minute) {
    settings_.time_limit = "10m";
    auto shorter = limit();
    settings_.time_limit = "10h";
    auto longer = limit();
    pass_to(9min + 29s);
    EXPECT_NE(shorter.look(0), Verdict::over);
    pass_to(9min + 31s);
    EXPECT_EQ(shorter.look(0), Verdict::over);
    pass_to(10h - 61s);
    EXPECT_NE(longer.look(0), Verdict::over);
    pass_to(10h - 59s);
    EXPECT_EQ(longer.look(0), Verdict::over);
}

TEST_F(TimeLimitTest, what_runs_is_told_so_long_before) {
    settings_.time_limit = "1h";
    settings_.time_margin = "0";
    auto own = limit();
    pass_to(1h - 30001ms);
    EXPECT_EQ(own.look(30), Verdict::go_on);
    pass_to(1h - 29999ms);
    EXPECT_EQ(own.look(30), Verdict::nearly_over);
    pass_to(1h);
    EXPECT_EQ(own.look(30), Verdict::over);
}

TEST_F(TimeLimitTest, nothing_is_begun_that_may_take_longer_than_is_left) {
    settings_.time_limit = "1h";
    settings_.time_margin = "0";
    settings_.timeout = "10m";
    auto own = limit();
    pass_to(40min - 2s);
    EXPECT_EQ(own.look(0), Verdict::go_on);
    EXPECT_FALSE(own.is_near());
    pass_to(40min);
    EXPECT_EQ(own.look(0), Verdict::go_on);
    EXPECT_TRUE(own.is_near()) << "what is begun now is the last that each worker begins";
    pass_to(50min - 101ms);
    EXPECT_EQ(own.look(0), Verdict::go_on);
    pass_to(50min);
    EXPECT_EQ(own.look(0), Verdict::no_new_tasks);
    // They turn out to be quicker than they might be: there is time for a few more.
    for (int i = 0; i < 20; ++i) own.note(60);
    EXPECT_EQ(own.look(0), Verdict::go_on);
    pass_to(59min);
    EXPECT_EQ(own.look(0), Verdict::no_new_tasks);
}

TEST_F(TimeLimitTest, the_system_is_asked_now_and_then_and_before_the_end) {
    system_.ends = start_ + 1h;
    auto job = limit_of_job();
    std::vector<std::chrono::seconds> asked;
    for (int known = system_.asked; time_.now() < start_ + 1h - 61s;) {
        time_.pass(1s);
        EXPECT_NE(job.look(0), Verdict::over);
        if (system_.asked != known)
            asked.push_back(duration_cast<std::chrono::seconds>(time_.now() - start_));
        known = system_.asked;
    }
    EXPECT_THAT(asked, ElementsAre(601s, 1202s, 1803s, 2404s, 3005s, 3526s));
    time_.pass(2s);
    EXPECT_EQ(job.look(0), Verdict::over);
}

TEST_F(TimeLimitTest, a_job_that_is_given_more_time_goes_on) {
    system_.ends = start_ + 1h;
    auto job = limit_of_job();
    EXPECT_EQ(look_until(job, 58min + 40s), Verdict::go_on);
    *system_.ends += 1h;
    EXPECT_EQ(look_until(job, 2h - 62s), Verdict::go_on);
    EXPECT_EQ(look_until(job, 2h - 59s), Verdict::over);
}

TEST_F(TimeLimitTest, and_one_that_is_given_less_ends_sooner) {
    system_.ends = start_ + 10h;
    auto job = limit_of_job();
    EXPECT_EQ(look_until(job, 15min), Verdict::go_on);
    *system_.ends = start_ + 30min;
    EXPECT_EQ(look_until(job, 28min), Verdict::go_on);
    EXPECT_EQ(look_until(job, 29min + 1s), Verdict::over);
}

TEST_F(TimeLimitTest, a_job_whose_limit_is_taken_away_is_not_near_its_end) {
    settings_.timeout = "10m";
    system_.ends = start_ + 1h;
    auto job = limit_of_job();
    look_until(job, 45min);
    EXPECT_TRUE(job.is_near());
    system_.ends.reset();
    EXPECT_EQ(look_until(job, 10h), Verdict::go_on);
    EXPECT_FALSE(job.is_near());
}

TEST_F(TimeLimitTest, the_first_of_both_limits_counts) {
    settings_.time_limit = "2h";
    system_.ends = start_ + 1h;
    auto both = limit_of_job();
    EXPECT_THAT(both.in_words(), HasSubstr("the job's time limit, 1:00:00 h left"));
    *system_.ends += 2h;
    EXPECT_EQ(look_until(both, 100min), Verdict::go_on);
    EXPECT_THAT(both.in_words(), HasSubstr("--time-limit, 20:00 min left"));
    EXPECT_EQ(look_until(both, 2h), Verdict::over);
}

TEST_F(TimeLimitTest, an_answer_is_waited_for_as_long_as_it_takes) {
    system_.answers = false;
    system_.ends = start_ + 1h;
    auto job = limit_of_job();
    EXPECT_EQ(look_until(job, 50min), Verdict::go_on);
    EXPECT_EQ(system_.asked, 1) << "and not asked again meanwhile";
    system_.answers = true;
    EXPECT_EQ(look_until(job, 1h - 12s), Verdict::go_on);
    EXPECT_EQ(look_until(job, 1h - 9s), Verdict::over);
}

TEST_F(TimeLimitTest, that_the_limit_is_not_known_is_told_once) {
    system_.problem = "no such job";
    auto job = limit_of_job();
    job.look(0);
    EXPECT_EQ(job.take_problem(), "no such job");
    for (int hour = 1; hour < 24; ++hour) {
        look_until(job, hour * 1h);
        EXPECT_THAT(job.take_problem(), IsEmpty()) << hour;
    }
    EXPECT_GT(system_.asked, 100);
    // It may be known later all the same.
    system_.problem.clear();
    system_.ends = start_ + 25h;
    EXPECT_EQ(look_until(job, 25h), Verdict::over);
}

}  // namespace
}  // namespace rankpool::batch
