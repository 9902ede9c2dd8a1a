// SPDX-License-Identifier: MIT
// The parts of Context that make what processes wait for each other by.
#include "rankpool/context/context_sync.hpp"

#include "rankpool/core/error.hpp"

#include <string>

namespace rankpool {
namespace {

using link::ObjectKind;

channel::Handle made(ObjectKind kind, std::uint64_t size = 0, std::uint32_t has_action = 0) {
    return channel::make_object({.kind = kind, .has_action = has_action, .size = size});
}

channel::Handle semaphore_of(ObjectKind kind, long n) {
    if (n < 0 || n > 0x7fffffff) {
        throw UsageError("cannot make a semaphore of " + std::to_string(n) +
                         " units (it has 0 to 2147483647). Begin with one?");
    }
    return made(kind, static_cast<std::uint64_t>(n));
}

}  // namespace

Lock Context::lock() {
    return Lock{made(ObjectKind::lock)};
}

RLock Context::rlock() {
    return RLock{made(ObjectKind::rlock)};
}

Semaphore Context::semaphore(long n) {
    return Semaphore{semaphore_of(ObjectKind::semaphore, n)};
}

BoundedSemaphore Context::bounded_semaphore(long n) {
    return BoundedSemaphore{semaphore_of(ObjectKind::bounded_semaphore, n)};
}

Event Context::event() {
    return Event{made(ObjectKind::event)};
}

Condition Context::condition() {
    return condition(rlock());
}

Condition Context::condition(Lock const& lock) {
    return {made(ObjectKind::condition), lock};
}

Condition Context::condition(RLock const& lock) {
    return {made(ObjectKind::condition), lock};
}

Barrier Context::barrier(long parties) {
    return sync::make_barrier(parties, 0);
}

Barrier sync::make_barrier(long parties, std::uint32_t action) {
    if (parties < 1) {
        throw UsageError("cannot make a barrier for " + std::to_string(parties) +
                         " parties (somebody has to come). Give at least 1?");
    }
    return {made(ObjectKind::barrier, static_cast<std::uint64_t>(parties), action != 0 ? 1 : 0), action};
}

std::vector<Holding> Context::holdings() const {
    return sync::holdings(size());
}

}  // namespace rankpool
