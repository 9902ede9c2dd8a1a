// SPDX-License-Identifier: MIT
#include "rankpool/sync/semaphore.hpp"

#include "rankpool/core/error.hpp"

namespace rankpool {

using link::Operation;
using link::SharedOutcome;
using sync::Client;

bool Semaphore::acquire_until(Deadline const& deadline) const {
    return Client::here().wait(handle_, {Operation::acquire_unit}, deadline).head.outcome ==
           SharedOutcome::done;
}

void Semaphore::release(long n) const {
    if (n < 1) throw UsageError("cannot release " + std::to_string(n) + " units (that is none). Give one?");
    auto const reply = Client::here().ask(handle_, {Operation::release_units, n});
    if (reply.head.outcome == SharedOutcome::done) return;
    throw UsageError("cannot release " + std::to_string(n) +
                     " units (there would be more than the semaphore may have). "
                     "Release once for each time that it was acquired?");
}

void Semaphore::unlock() const {
    try {
        release();
    } catch (ClosedError const&) {
        // There is nothing left to be given back.
    }
}

long Semaphore::value() const {
    return Client::here().ask(handle_, {Operation::state}).head.first;
}

}  // namespace rankpool
