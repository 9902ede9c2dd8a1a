// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/wait_queue.hpp"

namespace rankpool::objects {

/// Lock and RLock. Its owner is a process; the next one in order of arrival gets it when it is released, or
/// when the owner has ended. Who waits without a timeout is an edge of the job's graph of waiting processes:
/// the edge is followed from owner to owner by probes, and one of a cycle is told.
class LockObject : public Object {
  public:
    enum class Kind { plain, recursive };
    LockObject(Outbox& outbox, link::ChannelId id, Kind kind) : Object(outbox, id), kind_(kind) {}

    void on_request(Address from, link::SharedRequest const& request,
                    std::span<std::byte const> tail) override;
    void processes_ended(Ended const& ended) override;

  private:
    void acquire(Address from, link::SharedRequest const& request);
    void release(Address from, link::SharedRequest const& request);
    void grant(Waiter const& to);
    void grant_next();
    void pass_probe(Address from, link::SharedRequest const& request, std::span<std::byte const> path);
    void tell_deadlock(link::SharedRequest const& request, std::span<std::byte const> cycle);

    Kind kind_;
    std::optional<Address> owner_;
    std::int64_t depth_ = 0;
    bool owner_died_ = false;  ///< the owner, or who is next, has got it from a dead one
    std::int64_t deaths_ = 0;
    WaitQueue waiting_;
};

}  // namespace rankpool::objects
