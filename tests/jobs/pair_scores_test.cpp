// SPDX-License-Identifier: MIT
#include "jobs/parts/pair_scores.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace {

using jobs::PairScores;
using jobs::Sequence;

std::string csv(PairScores const& scores, std::vector<Sequence> const& sequences) {
    std::string text;
    jobs::write_pair_csv(scores, sequences, [&](std::string_view piece) { text += piece; });
    return text;
}

TEST(PairScoresTest, rows_find_their_pairs) {
    PairScores scores{4};
    scores.add_row({1, 2, 3});
    scores.add_row({12, 13});
    scores.add_row({23});
    EXPECT_EQ(scores.at(0, 1), 1);
    EXPECT_EQ(scores.at(0, 3), 3);
    EXPECT_EQ(scores.at(1, 2), 12);
    EXPECT_EQ(scores.at(2, 3), 23);
    EXPECT_EQ(scores.at(3, 2), 23) << "in either order";
}

TEST(PairScoresTest, best_pairs_are_what_sorting_all_would_give) {
    std::mt19937 random{5};
    std::size_t const n = 30;
    PairScores scores{n};
    std::vector<std::tuple<int, std::size_t, std::size_t>> all;
    for (std::size_t i = 0; i < n; ++i) {
        std::vector<std::int32_t> row;
        for (std::size_t j = i + 1; j < n; ++j) {
            row.push_back(static_cast<std::int32_t>(random() % 20) - 10);
            all.emplace_back(-row.back(), i, j);
        }
        scores.add_row(row);
    }
    std::ranges::sort(all);
    auto const best = jobs::best_pairs(scores, 50);
    ASSERT_EQ(best.size(), 50U);
    for (std::size_t k = 0; k < best.size(); ++k) {
        EXPECT_EQ(std::tuple(-best[k].score, best[k].query, best[k].target), all[k]);
    }
    EXPECT_EQ(jobs::best_pairs(scores, 10'000).size(), PairScores::count(n));
    EXPECT_TRUE(jobs::best_pairs(scores, 0).empty());
}

TEST(PairScoresTest, csv_has_a_line_for_each_pair) {
    PairScores scores{3};
    scores.add_row({7, -1});
    scores.add_row({0});
    EXPECT_EQ(csv(scores, {{"a", "WW"}, {"b,c", "W"}, {"d\"e", "WWW"}}),
              "query,target,score,length_query,length_target\n"
              "a,\"b,c\",7,2,1\n"
              "a,\"d\"\"e\",-1,2,3\n"
              "\"b,c\",\"d\"\"e\",0,1,3\n");
}

TEST(PairScoresTest, csv_of_one_sequence_is_the_first_line) {
    EXPECT_EQ(csv(PairScores{1}, {{"a", "W"}}), "query,target,score,length_query,length_target\n");
}

TEST(PairScoresTest, the_table_has_aligned_columns) {
    EXPECT_EQ(jobs::pair_table({{0, 1, 110}, {1, 2, 9}}, {{"a", "WW"}, {"long_name", "W"}, {"c", "WWW"}}),
              "      query      target       score  length_query  length_target\n"
              "   1  a          long_name      110             2              1\n"
              "   2  long_name  c                9             1              3\n");
    // Names may be anything.
    EXPECT_EQ(jobs::pair_table({{0, 1, 1}}, {{"\x1b[2J", "W"}, {"b\xff", "W"}}).find_first_of("\x1b\xff"),
              std::string::npos);
}

}  // namespace
