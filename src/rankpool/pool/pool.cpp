// SPDX-License-Identifier: MIT
#include "rankpool/pool/pool.hpp"

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

}  // namespace rankpool
