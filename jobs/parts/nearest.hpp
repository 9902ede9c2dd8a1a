// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/data_table.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace jobs {

/// How far two rows are apart.
enum class Metric { euclidean, manhattan };

/// Deals the rows to `folds` parts of equal size, as far as that goes, in random order; the same for a seed.
/// The part of each row.
std::vector<std::uint32_t> deal_folds(std::size_t rows, std::uint32_t folds, std::uint64_t seed);

/// One task of a cross-validation.
struct FoldTest {
    std::uint32_t k = 1;
    Metric metric = Metric::euclidean;
    std::uint32_t fold = 0;
};

/// How many rows of a fold are given the right class by the most frequent class among their k nearest rows
/// outside of the fold. Where classes are as frequent, that of the nearest row among them counts; rows as far
/// away count in their order.
struct FoldScore {
    std::uint64_t correct = 0;
    std::uint64_t tested = 0;
};
FoldScore test_fold(DataTable const& data, std::vector<std::uint32_t> const& folds, FoldTest const& test);

}  // namespace jobs
