// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/fields.hpp"
#include "rankpool/batch/store/store.hpp"

#include <cstdint>

namespace rankpool::batch {

/// The stored inputs and results of a run, for a job's `finish`; read from the database when they are asked
/// for, one at a time.
template <class Input, class Result>
class Results {
  public:
    explicit Results(Store& store)
        : store_(&store),
          input_columns_(store.record().input_columns.size()),
          count_(static_cast<std::uint64_t>(store.count_results())) {}

    [[nodiscard]] std::uint64_t size() const { return count_; }

    /// Calls `take(input, result)` for each, in the order of the inputs.
    template <class Take>
    void for_each(Take take) const {
        store_->for_each_result([&](std::span<Value const> values) {
            auto const input = value_of<Input>(values.first(input_columns_));
            auto const result = value_of<Result>(values.subspan(input_columns_));
            take(input, result);
        });
    }

    /// The same without the inputs.
    template <class Take>
    void for_each_result(Take take) const {
        store_->for_each_result([&](std::span<Value const> values) {
            auto const result = value_of<Result>(values.subspan(input_columns_));
            take(result);
        });
    }

  private:
    Store* store_;
    std::size_t input_columns_;
    std::uint64_t count_;
};

}  // namespace rankpool::batch
