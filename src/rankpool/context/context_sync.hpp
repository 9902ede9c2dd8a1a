// SPDX-License-Identifier: MIT
// The body of the function template of Context that makes barriers, and what the others give.
#pragma once

#include "rankpool/context/context.hpp"
#include "rankpool/sync/barrier.hpp"
#include "rankpool/sync/condition.hpp"
#include "rankpool/sync/event.hpp"
#include "rankpool/sync/holding.hpp"
#include "rankpool/sync/lock.hpp"
#include "rankpool/sync/semaphore.hpp"
#include "rankpool/task/task.hpp"

namespace rankpool {

namespace sync {

/// `action` is one more than the callable's id, or 0.
Barrier make_barrier(long parties, std::uint32_t action);

}  // namespace sync

template <auto Action>
Barrier Context::barrier(long parties) {
    return sync::make_barrier(parties, task::Task<task::Function<Action>>::id().value + 1);
}

}  // namespace rankpool
