// SPDX-License-Identifier: MIT
#include "rankpool/sync/condition.hpp"

#include "rankpool/core/error.hpp"

#include <limits>

namespace rankpool {

using link::Operation;
using link::SharedOutcome;
using sync::Client;

void Condition::require_lock() const {
    if (lock_.is_held_here()) return;
    throw UsageError(
        "cannot wait for or notify a condition (this process does not hold its lock). Acquire it first?");
}

bool Condition::wait_until(Deadline const& deadline) const {
    require_lock();
    Client& client = Client::here();
    auto const waiting = deadline.is_never() ? link::Waiting::forever : link::Waiting::limited;
    // Before the lock is released: nobody can notify in between.
    std::uint64_t const number = client.begin(handle_, {Operation::wait}, waiting);
    std::int64_t times = 0;
    bool is_notified = false;
    try {
        times = lock_.release_wholly();
        is_notified = client.finish(number, deadline).head.outcome == SharedOutcome::done;
    } catch (...) {
        client.abandon(number);
        if (times > 0) lock_.acquire_until(Deadline::never(), times);
        throw;
    }
    try {
        lock_.acquire_until(Deadline::never(), times);
    } catch (...) {
        if (is_notified) client.tell(handle_, {Operation::taken, 1}, number);
        throw;
    }
    if (is_notified) client.tell(handle_, {Operation::taken}, number);
    return is_notified;
}

void Condition::notify(long n) const {
    if (n < 0) throw UsageError("cannot notify less than none (" + std::to_string(n) + "). Give a number?");
    require_lock();
    (void)Client::here().ask(handle_, {Operation::notify, n});
}

void Condition::notify_all() const {
    notify(std::numeric_limits<long>::max());
}

}  // namespace rankpool
