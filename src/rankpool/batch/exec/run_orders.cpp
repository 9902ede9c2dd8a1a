// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/run_orders.hpp"

#include "rankpool/core/error.hpp"

#include <chrono>
#include <cmath>

namespace rankpool::batch {
namespace {

/// Of what has been told: a smaller change of the time is not.
constexpr double share_to_tell = 0.05;

}  // namespace

void RunOrders::tell(double timeout, bool all_must_end) {
    if (!told_) return;
    Told const now{timeout, all_must_end ? 1 : 0};
    bool const is_old = std::abs(now.timeout - last_.timeout) <= share_to_tell * last_.timeout;
    if (is_old && now.all_must_end == last_.all_must_end) return;
    told_->set(now);
    last_ = now;
}

ChildOrders RunOrders::ask() const {
    if (!told_) return {};
    try {
        auto const told = told_->get();
        auto const timeout = std::chrono::duration<double>(told.timeout);
        return {std::chrono::duration_cast<std::chrono::nanoseconds>(timeout), told.all_must_end != 0};
    } catch (ClosedError const&) {
        // The main worker's rank is lost, and so is the run.
        return {};
    }
}

}  // namespace rankpool::batch
