// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/failure_reasons.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rankpool::batch {

void FailureReasons::note(Attempt const& attempt, std::vector<Column> const& columns,
                          std::span<Value const> input) {
    constexpr std::size_t most_reasons = 100;
    constexpr std::size_t longest_error = 300;
    constexpr std::size_t longest_input = 80;
    // Whoever has run a command knows nothing of C++.
    std::string error = attempt.error;
    for (std::string const type : {"std::runtime_error: ", "rankpool::Error: "}) {
        if (attempt.command && error.starts_with(type)) error.erase(0, type.size());
    }
    error = printable(shortened(error, longest_error));
    auto const known = std::ranges::find(reasons_, error, &Reason::error);
    if (known != reasons_.end()) {
        ++known->count;
    } else if (reasons_.size() < most_reasons) {
        reasons_.push_back(
            {error, fmt::format("task {}, {}", attempt.task, input_text(columns, input, longest_input)), 1});
    } else {
        ++other_failures_;
    }
}

void FailureReasons::report(std::string const& program, std::string const& run) const {
    constexpr std::size_t most_told = 5;
    std::uint64_t left = other_failures_;
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
        auto const& [error, first, count] = reasons_[i];
        if (i >= most_told) {
            left += count;
        } else if (count == 1) {
            tell(fmt::format("failed: {} ({})\n", error, first));
        } else {
            tell(fmt::format("failed, {} times: {} (first {})\n", count, error, first));
        }
    }
    if (reasons_.empty()) return;
    tell(fmt::format("{}{} export --failed {} tells all\n",
                     left > 0 ? fmt::format("and {} more for other reasons; ", left) : "", program,
                     printable(run)));
}

}  // namespace rankpool::batch
