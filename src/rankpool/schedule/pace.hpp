// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/schedule/batch_size.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace rankpool::schedule {

/// Measures a call's tasks: a moving average in which each report weighs by its tasks.
class Pace {
  public:
    void tell(std::uint64_t count, std::chrono::nanoseconds busy) {
        told_ += static_cast<double>(count);
        tasks_ = keep * tasks_ + static_cast<double>(count);
        busy_ = keep * busy_ + TaskTime{busy};
    }

    /// Nothing before the first report.
    [[nodiscard]] std::optional<Sample> sample() const {
        if (tasks_ == 0) return std::nullopt;
        return Sample{busy_ / tasks_, told_};
    }

  private:
    static constexpr double keep = 15.0 / 16;

    double told_ = 0;
    double tasks_ = 0;
    TaskTime busy_{0};
};

}  // namespace rankpool::schedule
