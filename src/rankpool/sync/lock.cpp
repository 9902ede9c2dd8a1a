// SPDX-License-Identifier: MIT
#include "rankpool/sync/lock.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/sync/fast_lock.hpp"

namespace rankpool::sync {

using link::Operation;
using link::SharedOutcome;

bool LockHandle::acquire_until(Deadline const& deadline, std::int64_t times) const {
    if (FastLock::of(handle_).take(times, deadline)) return true;
    auto const reply = Client::here().wait(handle_, {Operation::acquire, times}, deadline);
    bool const is_had = reply.head.outcome == SharedOutcome::done;
    if (is_had) FastLock::of(handle_).user().had_from_home();
    return is_had;
}

void LockHandle::release() const {
    link::LockWordUser& fast = FastLock::of(handle_).user();
    if (fast.depth() > 0 && fast.give_back(1)) return;
    if (Client::here().ask(handle_, {Operation::release, 1}).head.outcome == SharedOutcome::done) return;
    throw UsageError(
        "cannot release this lock (this process does not hold it, or nobody does). "
        "Release it once for each time that it was acquired?");
}

void LockHandle::unlock() const {
    try {
        release();
    } catch (ClosedError const&) {
        // There is nothing left to be released.
    }
}

std::int64_t LockHandle::release_wholly() const {
    link::LockWordUser& fast = FastLock::of(handle_).user();
    std::int64_t const times = fast.depth();
    if (times > 0 && fast.give_back(times)) return times;
    std::int64_t const told = Client::here().ask(handle_, {Operation::release, 0}).head.first;
    return times > 0 ? times : told;
}

bool LockHandle::locked() const {
    return Client::here().ask(handle_, {Operation::state}).head.second > 0;
}

bool LockHandle::owner_died() const {
    // Nobody gets a lock from a dead owner but by its home.
    if (FastLock::of(handle_).user().depth() > 0) return false;
    return (Client::here().ask(handle_, {Operation::state}).head.flags & link::owner_died) != 0;
}

bool LockHandle::is_held_here() const {
    link::LockWordUser const& fast = FastLock::of(handle_).user();
    if (fast.depth() > 0 && fast.is_recursive()) return true;
    return (Client::here().ask(handle_, {Operation::state}).head.flags & link::held_by_sender) != 0;
}

std::uint64_t LockHandle::generation() const {
    return static_cast<std::uint64_t>(Client::here().ask(handle_, {Operation::state}).head.first);
}

}  // namespace rankpool::sync
