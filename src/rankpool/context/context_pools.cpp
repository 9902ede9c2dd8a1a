// SPDX-License-Identifier: MIT
// The parts of Context that make pools.
#include "rankpool/context/context.hpp"
#include "rankpool/pool/pool.hpp"

namespace rankpool {

Pool Context::pool() {
    return pool(workers());
}

Pool Context::pool(PoolOptions const& options) {
    return pool(workers(), options);
}

Pool Context::pool(long n) {
    return pool(n, PoolOptions{});
}

Pool Context::pool(long n, PoolOptions const& options) {
    worker::WorkerState& state = worker::this_worker();
    if (state.role == worker::Role::pool_member) {
        throw UsageError(
            "cannot make a pool in a task of a pool (the workers are busy with that one). "
            "Make one pool in the main worker and give it all the work?");
    }
    return Pool{state.mailbox, n, options};
}

}  // namespace rankpool
