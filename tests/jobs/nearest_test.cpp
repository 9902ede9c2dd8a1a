// SPDX-License-Identifier: MIT
#include "jobs/parts/nearest.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <sstream>

namespace {

using jobs::DataTable;
using jobs::FoldScore;
using jobs::Metric;
using testing::ElementsAre;

DataTable parse(std::string const& text) {
    std::istringstream in{text};
    return jobs::read_data(in, "table.csv", {}).data;
}

TEST(DataTableTest, standardised_columns_have_mean_0_and_deviation_1) {
    DataTable data = parse("1,5,a\n2,5,a\n6,5,b\n");
    standardise(data);
    double const deviation = std::sqrt(14.0 / 3);
    EXPECT_NEAR(data.values[0], -2 / deviation, 1e-12);
    EXPECT_NEAR(data.values[4], 3 / deviation, 1e-12);
    EXPECT_EQ(data.values[1], 0);
}

TEST(NearestTest, folds_are_of_equal_size_and_random) {
    auto const folds = jobs::deal_folds(1003, 10, 7);
    for (std::uint32_t fold = 0; fold < 10; ++fold) {
        auto const size = std::ranges::count(folds, fold);
        EXPECT_TRUE(size == 100 || size == 101);
    }
    EXPECT_EQ(folds, jobs::deal_folds(1003, 10, 7));
    EXPECT_NE(folds, jobs::deal_folds(1003, 10, 8));
    EXPECT_FALSE(std::ranges::is_sorted(folds));
}

/// The same by sorting everything, written from the words of nearest.hpp.
FoldScore by_sorting(DataTable const& data, std::vector<std::uint32_t> const& folds,
                     jobs::FoldTest const& test) {
    FoldScore score;
    for (std::size_t a = 0; a < data.rows(); ++a) {
        if (folds[a] != test.fold) continue;
        std::vector<std::tuple<long double, std::size_t>> others;
        for (std::size_t b = 0; b < data.rows(); ++b) {
            if (folds[b] == test.fold) continue;
            long double far = 0;
            for (std::size_t i = 0; i < data.features; ++i) {
                long double const gap = std::abs(static_cast<long double>(data.row(a)[i]) - data.row(b)[i]);
                far += test.metric == Metric::euclidean ? gap * gap : gap;
            }
            others.emplace_back(far, b);
        }
        std::ranges::sort(others);
        others.resize(std::min<std::size_t>(others.size(), test.k));
        std::int32_t best = -1;
        long best_votes = 0;
        for (auto const& [far, b] : others) {
            auto const votes = std::ranges::count_if(others, [&, label = data.label[b]](auto const& o) {
                return data.label[std::get<1>(o)] == label;
            });
            if (votes > best_votes) {
                best_votes = votes;
                best = data.label[b];
            }
        }
        ++score.tested;
        if (best == data.label[a]) ++score.correct;
    }
    return score;
}

TEST(NearestTest, agrees_with_sorting_everything) {
    std::mt19937 random{5};
    // Small whole numbers, so that there are many ties and no rounding.
    DataTable data;
    data.features = 3;
    data.classes = {"a", "b", "c"};
    for (int row = 0; row < 200; ++row) {
        for (int i = 0; i < 3; ++i) data.values.push_back(static_cast<double>(random() % 6));
        data.label.push_back(static_cast<std::int32_t>(random() % 3));
    }
    auto const folds = jobs::deal_folds(data.rows(), 4, 1);
    for (auto const metric : {Metric::euclidean, Metric::manhattan}) {
        for (std::uint32_t const k : {1U, 2U, 5U, 30U, 1000U}) {
            for (std::uint32_t fold = 0; fold < 4; ++fold) {
                auto const found = test_fold(data, folds, {k, metric, fold});
                auto const wanted = by_sorting(data, folds, {k, metric, fold});
                EXPECT_EQ(found.correct, wanted.correct) << k << ' ' << fold;
                EXPECT_EQ(found.tested, wanted.tested);
            }
        }
    }
}

}  // namespace
