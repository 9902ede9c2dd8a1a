// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/run_orders.hpp"

#include "rankpool/core/error.hpp"

#include <cmath>

namespace rankpool::batch {
namespace {

/// Of what has been told: a smaller change of the time is not.
constexpr double share_to_tell = 0.05;

}  // namespace

void RunOrders::tell(Orders const& orders) {
    if (!told_) return;
    bool const is_told = std::abs(orders.timeout - last_.timeout) <= share_to_tell * last_.timeout &&
                         orders.all_must_end == last_.all_must_end &&
                         orders.begins_nothing == last_.begins_nothing;
    if (is_told) return;
    told_->set(orders);
    last_ = orders;
}

Orders RunOrders::ask() const {
    if (!told_) return {};
    try {
        return told_->get();
    } catch (ClosedError const&) {
        // The main worker's rank is lost, and so is the run.
        return {};
    }
}

}  // namespace rankpool::batch
