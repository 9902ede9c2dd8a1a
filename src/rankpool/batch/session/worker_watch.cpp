// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/worker_watch.hpp"

#include <algorithm>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 200ms;
/// For each rank, so that the questions stay a small part of what the home does.
constexpr auto share_of_a_rank = 4ms;

}  // namespace

bool WorkerWatch::look() {
    auto const now = time_.now();
    if (is_waiting_) {
        is_waiting_ = !pool_.status().is_complete() && now - asked_ < patience;
        return !is_waiting_;
    }
    auto const pause = std::max<Clock::duration>(500ms, pool_.status().hosts() * share_of_a_rank);
    if (now - asked_ < pause) return true;
    pool_.ask_status();
    asked_ = now;
    is_waiting_ = true;
    return false;
}

}  // namespace rankpool::batch
