// SPDX-License-Identifier: MIT
#include "rankpool/pool/wait_results.hpp"

#include "rankpool/worker/own_thread.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <algorithm>

namespace rankpool::pool {
namespace {

bool has_ended(Call const& call) {
    return call.ready || call.answered;
}

/// Whether the wait is over, looking at each call that has ended once.
class Progress {
  public:
    Progress(Calls const& calls, When when) : calls_(calls), when_(when) {
        for (std::size_t i = 0; i < calls.size(); ++i) pending_.push_back(i);
    }

    bool is_over() {
        std::erase_if(pending_, [this](std::size_t i) {
            if (!has_ended(*calls_[i])) return false;
            any_failed_ |= calls_[i]->has_failed() && !calls_[i]->is_cancelled;
            return true;
        });
        if (pending_.empty()) return true;
        if (when_ == When::first_completed) return pending_.size() < calls_.size();
        return when_ == When::first_exception && any_failed_;
    }

    /// What is waited for can come only when this wait is over.
    [[nodiscard]] bool is_in_vain() const {
        auto const is_reading = [this](std::size_t i) { return calls_[i]->is_reading; };
        return when_ == When::all_completed ? std::any_of(pending_.begin(), pending_.end(), is_reading)
                                            : std::all_of(pending_.begin(), pending_.end(), is_reading);
    }

  private:
    Calls const& calls_;
    When when_;
    std::vector<std::size_t> pending_;
    bool any_failed_ = false;
};

}  // namespace

WaitResult wait_for_calls(Calls const& calls, When when, Deadline const& deadline) {
    Progress progress{calls, when};
    if (!progress.is_over() && progress.is_in_vain()) {
        throw UsageError(
            "cannot wait for a call while its inputs are read (it cannot end before them). "
            "Wait for others?");
    }
    if (!calls.empty()) worker::this_worker().mailbox.wait([&] { return progress.is_over(); }, deadline);
    WaitResult result;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        (has_ended(*calls[i]) ? result.done : result.not_done).push_back(i);
    }
    return result;
}

CompletionOrder::CompletionOrder(Calls calls, Deadline deadline)
    : calls_(std::move(calls)), deadline_(std::move(deadline)) {
    for (std::size_t i = 0; i < calls_.size(); ++i) pending_.push_back(i);
}

void CompletionOrder::gather() {
    auto const ended = std::stable_partition(pending_.begin(), pending_.end(),
                                             [this](std::size_t i) { return !calls_[i]->ready; });
    std::stable_sort(ended, pending_.end(), [this](std::size_t a, std::size_t b) {
        return calls_[a]->ended_as < calls_[b]->ended_as;
    });
    ended_.insert(ended_.end(), ended, pending_.end());
    pending_.erase(ended, pending_.end());
}

std::optional<std::size_t> CompletionOrder::next() {
    worker::require_own_thread("a pool");
    if (ended_.empty() && pending_.empty()) return std::nullopt;
    auto const look = [this] {
        gather();
        return !ended_.empty();
    };
    if (ended_.empty() && !worker::this_worker().mailbox.wait(look, deadline_)) {
        throw TimeoutError(std::to_string(pending_.size()) + " of " + std::to_string(calls_.size()) +
                           " results were not there in time (their calls go on). Wait longer?");
    }
    std::size_t const next = ended_.front();
    ended_.pop_front();
    return next;
}

}  // namespace rankpool::pool
