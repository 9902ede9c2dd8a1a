// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/durations.hpp"

#include <algorithm>
#include <cmath>

namespace rankpool::batch {

void Durations::add(double seconds) {
    double const steps = std::ceil(std::log(std::max(seconds, shortest) / shortest) / std::log(step));
    ++counts_[std::min(static_cast<std::size_t>(steps), counts_.size() - 1)];
    ++count_;
}

double Durations::quantile(double share) const {
    double const wanted = share * static_cast<double>(count_);
    double seen = 0;
    double seconds = shortest;
    if (count_ == 0) return 0;
    for (auto const count : counts_) {
        seen += static_cast<double>(count);
        if (count > 0 && seen >= wanted) break;
        seconds *= step;
    }
    return seconds;
}

}  // namespace rankpool::batch
