// SPDX-License-Identifier: MIT
#include "rankpool/batch/report/report_charts.hpp"

#include "rankpool/core/utf8.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <regex>

namespace {

using namespace rankpool::batch;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

/// What the pattern's group holds wherever it fits.
std::vector<std::string> all_of(std::string const& text, std::string const& pattern) {
    std::regex const regex{pattern};
    std::vector<std::string> found;
    for (std::sregex_iterator at{text.begin(), text.end(), regex}, end; at != end; ++at) {
        found.push_back((*at)[1]);
    }
    return found;
}

std::vector<double> numbers(std::string const& text, std::string const& pattern) {
    std::vector<double> found;
    for (auto const& word : all_of(text, pattern)) found.push_back(std::stod(word));
    return found;
}

std::vector<std::string> labels(std::string const& drawing, std::string const& anchor) {
    return all_of(drawing, "<text text-anchor=\"" + anchor + "\"[^>]*>([^<]*)<");
}

SessionFacts session_of(int ranks, int workers_of_rank) {
    SessionFacts session;
    session.wall = 10;
    session.throughput = {1, 2};
    for (int i = 0; i < ranks * workers_of_rank; ++i) {
        WorkerLine& worker = session.workers.emplace_back();
        worker.rank = i / workers_of_rank;
        worker.spans = {{.begin = 1, .end = 9}};
    }
    return session;
}

/// Bars with so many tasks each, the first from `lowest` seconds on.
RunFacts durations(double lowest, std::vector<std::int64_t> const& counts) {
    RunFacts facts;
    for (auto const count : counts) {
        facts.durations.emplace_back(lowest, count);
        lowest *= std::pow(10.0, 1.0 / durations_per_decade);
    }
    return facts;
}

TEST(ReportChartsTest, each_rank_is_named_once_and_labels_do_not_overlap) {
    EXPECT_THAT(labels(time_line_chart(session_of(2, 3)), "end"), ElementsAre("rank 0", "rank 1"));
    for (int const workers_of_rank : {1, 2, 3, 16}) {
        std::string const drawing = time_line_chart(session_of(48 / workers_of_rank, workers_of_rank));
        auto const places = numbers(drawing, "<text text-anchor=\"end\" x=\"[^\"]*\" y=\"([^\"]*)\"");
        std::vector<double> distances;
        for (std::size_t i = 1; i < places.size(); ++i) distances.push_back(places[i] - places[i - 1]);
        EXPECT_THAT(distances, SizeIs(Ge(2U)));
        EXPECT_THAT(distances, Each(Ge(16))) << workers_of_rank;
    }
}

TEST(ReportChartsTest, a_short_failure_is_seen_over_what_is_busy) {
    SessionFacts session = session_of(1, 1);
    session.workers[0].spans = {{1, 1.001, true}, {1.001, 9, false}};
    auto const styles = all_of(time_line_chart(session), "<rect class=\"([^\"]*)\"");
    EXPECT_THAT(styles, ElementsAre("waiting", "busy", "failed"));
    EXPECT_THAT(numbers(time_line_chart(session), "\"failed\"[^>]*width=\"([^\"]*)\""), ElementsAre(2));
}

TEST(ReportChartsTest, the_last_label_of_the_time_has_room) {
    SessionFacts session = session_of(1, 1);
    session.wall = 50'000;
    auto const places = numbers(time_line_chart(session), "middle\" x=\"([^\"]*)\"");
    EXPECT_THAT(places, Each(Le(800 - 36)));  // half of "13:53:20 h" on a telephone
}

TEST(ReportChartsTest, rates_are_in_thousands) {
    SessionFacts session = session_of(1, 1);
    session.throughput = {300'000, 100'000};
    EXPECT_THAT(labels(throughput_chart(session), "end"), ElementsAre("0", "20 k/s", "40 k/s", "60 k/s"));
}

TEST(ReportChartsTest, there_is_no_half_of_a_task) {
    EXPECT_THAT(labels(duration_chart(durations(0.1, {1, 0, 1})), "end"), ElementsAre("0", "1"));
}

TEST(ReportChartsTest, durations_end_at_the_last_bar_with_round_labels) {
    double const lowest = std::pow(10.0, -3.4);
    EXPECT_THAT(labels(duration_chart(durations(lowest, {3})), "middle"), ElementsAre("400 us", "630 us"));
    std::string const drawing = duration_chart(durations(lowest, {3, 0, 1}));
    EXPECT_THAT(labels(drawing, "middle"), ElementsAre("400 us", "1.6 ms"));
    EXPECT_THAT(drawing, HasSubstr("3 tasks from 400 us to 630 us"));
    EXPECT_THAT(drawing, HasSubstr("1 task from 1.0 ms to 1.6 ms"));
    EXPECT_THAT(drawing, HasSubstr(R"(<line x1="90.0" y1="150.0" x2="270.0")"));
    EXPECT_THAT(labels(duration_chart(durations(1e-3, std::vector<std::int64_t>(22, 4))), "middle"),
                ElementsAre("1.0 ms", "10 ms", "100 ms", "1.0 s", "25 s"));
}

TEST(ReportChartsTest, whatever_a_text_is_the_page_is_bounded_utf8) {
    EXPECT_EQ(escaped("<a href=\"x\"> & \xf6\x1b\xc2\x9b\n"),
              "&lt;a href=&quot;x&quot;&gt; &amp; \\xf6\\x1b\\u009b\n");
    EXPECT_LT(escaped(std::string(1'000'000, 'x')).size(), 4100U);
    for (int byte = 0; byte < 256; ++byte) {
        auto const text = escaped("a" + std::string(1, static_cast<char>(byte)) + "b");
        EXPECT_TRUE(rankpool::is_utf8(text)) << byte;
        EXPECT_EQ(text.find_first_of("<>\"\x1b\x7f"), std::string::npos) << byte;
    }
}

}  // namespace
