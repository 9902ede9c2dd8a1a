// SPDX-License-Identifier: MIT
#include "rankpool/pool/pool.hpp"

namespace rankpool {

Pool& Pool::operator=(Pool&& other) noexcept {
    std::swap(client_, other.client_);
    return *this;
}

Pool::~Pool() {
    // Results may outlive the pool; its workers do not.
    if (client_) client_->shut_down();
}

pool::PoolClient& Pool::client() const {
    if (client_) return *client_;
    throw UsageError(
        "cannot use a pool that has been moved from (another object is that pool now). Use that?");
}

}  // namespace rankpool
