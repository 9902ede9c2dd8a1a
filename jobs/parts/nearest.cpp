// SPDX-License-Identifier: MIT
#include "jobs/parts/nearest.hpp"

#include "rankpool/rankpool.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace jobs {
namespace {

/// Distance and row.
using Neighbour = std::pair<double, std::size_t>;

double distance(double const* a, double const* b, std::size_t size, Metric metric) {
    double sum = 0;
    if (metric == Metric::euclidean) {
        // Without the root the order is the same.
        for (std::size_t i = 0; i < size; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    } else {
        for (std::size_t i = 0; i < size; ++i) sum += std::abs(a[i] - b[i]);
    }
    return sum;
}

/// The most frequent class of the neighbours, nearest first.
std::int32_t vote(DataTable const& data, std::vector<Neighbour> const& nearest) {
    std::vector<std::uint32_t> votes(data.classes.size());
    for (auto const& [far, row] : nearest) ++votes[static_cast<std::size_t>(data.label[row])];
    auto const most = std::ranges::max(votes);
    for (auto const& [far, row] : nearest) {
        if (votes[static_cast<std::size_t>(data.label[row])] == most) return data.label[row];
    }
    return -1;
}

}  // namespace

std::vector<std::uint32_t> deal_folds(std::size_t rows, std::uint32_t folds, std::uint64_t seed) {
    std::vector<std::uint32_t> fold(rows);
    for (std::size_t i = 0; i < rows; ++i) fold[i] = static_cast<std::uint32_t>(i % folds);
    auto random = rankpool::random_stream(seed, 0);
    // Not std::shuffle, which differs between standard libraries (Fisher and Yates, Durstenfeld 1964).
    for (std::size_t i = rows; i > 1; --i) std::swap(fold[i - 1], fold[random() % i]);
    return fold;
}

FoldScore test_fold(DataTable const& data, std::vector<std::uint32_t> const& folds, FoldTest const& test) {
    FoldScore score;
    std::vector<Neighbour> nearest;
    for (std::size_t row = 0; row < data.rows(); ++row) {
        if (folds[row] != test.fold) continue;
        // A heap of the k nearest so far, the farthest of them in front.
        nearest.clear();
        for (std::size_t other = 0; other < data.rows(); ++other) {
            if (folds[other] == test.fold) continue;
            Neighbour const found{distance(data.row(row), data.row(other), data.features, test.metric),
                                  other};
            if (nearest.size() == test.k) {
                if (found >= nearest.front()) continue;
                std::ranges::pop_heap(nearest);
                nearest.pop_back();
            }
            nearest.push_back(found);
            std::ranges::push_heap(nearest);
        }
        std::ranges::sort_heap(nearest);
        ++score.tested;
        if (vote(data, nearest) == data.label[row]) ++score.correct;
    }
    return score;
}

}  // namespace jobs
