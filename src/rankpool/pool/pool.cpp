// SPDX-License-Identifier: MIT
#include "rankpool/pool/pool.hpp"

#include "rankpool/worker/context.hpp"

namespace rankpool {

Pool& Pool::operator=(Pool&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
}

Pool::~Pool() {
    // Results may outlive the pool; its workers do not.
    if (core_) core_->shut_down();
}

pool::PoolCore& Pool::core() const {
    if (core_) return *core_;
    throw UsageError(
        "cannot use a pool that has been moved from (another object is that pool now). Use that?");
}

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
    worker::Here& here = worker::here();
    if (here.role == worker::Role::pool_member) {
        throw UsageError(
            "cannot make a pool in a task of a pool (the workers are busy with that one). "
            "Make one pool in the main worker and give it all the work?");
    }
    return Pool{here.post, n, options};
}

}  // namespace rankpool
