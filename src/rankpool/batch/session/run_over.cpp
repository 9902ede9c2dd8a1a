// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/run_over.hpp"

#include "rankpool/batch/recording/recorded_run.hpp"
#include "rankpool/core/error.hpp"

#include <utility>

namespace rankpool::batch {
namespace {

/// To ask is a round trip on other nodes than the main worker's, which has as many workers to answer.
constexpr std::chrono::milliseconds between_questions{50};

}  // namespace

void RunOver::tell(RecordedRun const& run) {
    if (told_ && run.is_over() && !std::exchange(is_over_, true)) told_->set(1);
}

bool RunOver::is_told() const {
    if (is_over_ || !told_) return is_over_;
    auto const now = Clock::now();
    if (asked_ && now - *asked_ < between_questions) return false;
    asked_ = now;
    try {
        is_over_ = told_->get() != 0;
    } catch (ClosedError const&) {
        // The main worker's rank is lost, and so is the run.
        is_over_ = true;
    }
    return is_over_;
}

}  // namespace rankpool::batch
