// SPDX-License-Identifier: MIT
#include "rankpool/core/progress.hpp"

#include "tests/support/moved_time.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using rankpool::Clock;
using rankpool::describe;
using rankpool::Progress;
using rankpool::ProgressStyle;
using rankpool::support::MovedTime;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

// What is shown while `work` runs.
template <class Work>
std::string output_of(Work work) {
    std::string shown;
    work([&shown](std::string_view text) {
        shown += text;
        return true;
    });
    return shown;
}

TEST(ProgressTest, tells_how_much_how_fast_and_how_long_still) {
    EXPECT_EQ(describe({423, 990, 10s}, "pairs"), "423/990 pairs  42 %  42 /s  0:13 left");
    EXPECT_EQ(describe({1, 1'000'000, 1ms}, "tasks"), "1/1000000 tasks  0 %  1.0 k/s  16:40 left");
    EXPECT_EQ(describe({2, 20'000, 2s}, "rows"), "2/20000 rows  0 %  1.0 /s  5:33:18 left");
    EXPECT_EQ(describe({999, 1000, 1s}, "rows"), "999/1000 rows  99 %  999 /s  0:00 left");
}

TEST(ProgressTest, tells_the_whole_time_at_the_end) {
    EXPECT_EQ(describe({990, 990, 75s}, "pairs"), "990/990 pairs  100 %  13 /s  in 1:15");
}

TEST(ProgressTest, has_no_rate_before_anything_is_done) {
    EXPECT_EQ(describe({0, 990, 5s}, "pairs"), "0/990 pairs  0 %");
    EXPECT_EQ(describe({0, 0, 0s}, "pairs"), "0/0 pairs  100 %");
}

TEST(ProgressTest, plain_is_one_line_for_quick_work) {
    std::string const text = output_of([](Progress::Show const& out) {
        Progress progress{"rows", 1000, ProgressStyle::plain, out};
        for (int i = 0; i < 1000; ++i) progress.advance();
    });
    EXPECT_THAT(text, MatchesRegex("1000/1000 rows  100 %  [^\n]* in 0:0.\n"));
}

TEST(ProgressTest, work_that_stops_early_says_how_far_it_came) {
    std::string const text = output_of([](Progress::Show const& out) {
        Progress progress{"rows", 1000, ProgressStyle::plain, out};
        progress.advance(10);
    });
    EXPECT_THAT(text, StartsWith("10/1000 rows  1 %"));
}

TEST(ProgressTest, a_bar_stays_on_its_line_and_is_not_redrawn_for_every_step) {
    MovedTime time;
    std::string const text = output_of([&time](Progress::Show const& out) {
        Progress progress{"rows", 4, ProgressStyle::bar, out, time};
        progress.advance();
        time.pass(120ms);
        progress.advance();
        progress.advance(2);
    });
    EXPECT_THAT(text, StartsWith("\r[###############---------------] 2/4 rows  50 %"));
    EXPECT_THAT(text, HasSubstr("\r[##############################] 4/4 rows  100 %"));
    EXPECT_THAT(text, Not(HasSubstr("1/4")));
    EXPECT_EQ(text.find('\n'), text.size() - 1);
}

// At which of the steps something is shown; 0: when it ends.
std::vector<int> shown_at(ProgressStyle style, Clock::duration step, int steps) {
    MovedTime time;
    int now = 0;
    std::vector<int> shown;
    auto const show = [&](std::string_view) {
        shown.push_back(now);
        return true;
    };
    {
        Progress progress{"rows", 1000, style, show, time};
        for (int i = 1; i <= steps; ++i) {
            now = i;
            time.pass(step);
            progress.advance();
            progress.advance();
        }
        now = 0;
    }
    return shown;
}

TEST(ProgressTest, is_shown_once_in_its_interval) {
    EXPECT_THAT(shown_at(ProgressStyle::bar, 50ms, 6), ElementsAre(2, 4, 6, 0));
    EXPECT_THAT(shown_at(ProgressStyle::bar, 99ms, 5), ElementsAre(2, 4, 0));
    EXPECT_THAT(shown_at(ProgressStyle::bar, 1min, 2), ElementsAre(1, 2, 0));
    EXPECT_THAT(shown_at(ProgressStyle::plain, 5s, 6), ElementsAre(2, 4, 6, 0));
    EXPECT_THAT(shown_at(ProgressStyle::plain, 9999ms, 2), ElementsAre(2, 0));
    EXPECT_THAT(shown_at(ProgressStyle::none, 1min, 2), ElementsAre());
}

TEST(ProgressTest, knows_after_an_hour_how_long_still) {
    MovedTime time;
    std::vector<std::string> shown;
    auto const show = [&](std::string_view text) {
        shown.emplace_back(text);
        return true;
    };
    {
        Progress progress{"rows", 7200, ProgressStyle::plain, show, time};
        time.pass(1h);
        progress.advance(1800);
        // What was done before has taken none of this time, whatever the state says of it.
        time.pass(1h);
        progress.update({.done = 5400, .total = 7200, .elapsed = 1s, .before = 1800});
        time.pass(1h);
        progress.update({.done = 7200, .total = 7200, .before = 1800});
    }
    EXPECT_THAT(shown, ElementsAre("1800/7200 rows  25 %  0.5 /s  3:00:00 left\n",
                                   "5400/7200 rows  75 %  0.5 /s  1:00:00 left\n",
                                   "7200/7200 rows  100 %  0.5 /s  in 3:00:00\n",
                                   "7200/7200 rows  100 %  0.5 /s  in 3:00:00\n"));
}

TEST(ProgressTest, what_is_done_in_no_time_has_no_rate) {
    MovedTime const time;
    std::string const text = output_of([&time](Progress::Show const& out) {
        Progress{"rows", 4, ProgressStyle::plain, out, time}.advance(4);
    });
    EXPECT_EQ(text, "4/4 rows  100 %\n");
}

TEST(ProgressTest, none_is_silent) {
    EXPECT_EQ(output_of([](Progress::Show const& out) {
                  Progress{"rows", 1, ProgressStyle::none, out}.advance();
              }),
              "");
}

}  // namespace
