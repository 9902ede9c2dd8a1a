// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/request_queue.hpp"
#include "rankpool/objects/shared_words.hpp"

namespace rankpool::objects {

/// Lock and RLock. Its owner is a process; the next one in order of arrival gets it when it is released, or
/// when the owner has ended. Who waits without a timeout is an edge of the job's graph of waiting processes:
/// the edge is followed from owner to owner by probes, and one of a cycle is told.
///
/// While nobody waits, processes of the home's node take it and give it back by its LockWord alone. With the
/// first request the lock is kept here until it is free again and nobody waits.
class LockObject : public Object {
  public:
    enum class Kind { plain, recursive };
    LockObject(Replies& replies, SharedWords& words, link::ChannelId id, Kind kind)
        : Object(replies, id), kind_(kind), share_(words) {}

    void on_request(Address from, link::SharedRequest const& request,
                    std::span<std::byte const> tail) override;
    void processes_ended(Ended const& ended) override;

    void note_holdings(std::vector<link::HoldingNote>& notes) const override;

  private:
    void keep();
    void let_go();
    void obey(Address from, link::SharedRequest const& request, std::span<std::byte const> tail);
    void tell_word(Address from, link::SharedRequest const& request);
    void acquire(Address from, link::SharedRequest const& request);
    void release(Address from, link::SharedRequest const& request);
    void grant(WaitingRequest const& to);
    void grant_next();
    void lose_owner();
    void pass_probe(Address from, link::SharedRequest const& request, std::span<std::byte const> path);
    void tell_deadlock(link::SharedRequest const& request, std::span<std::byte const> cycle);

    Kind kind_;
    std::optional<Address> owner_;
    link::ProcessName owner_name_{};
    std::optional<Clock::time_point> since_;  ///< it is the owner, where that is known
    std::int64_t depth_ = 0;
    bool owner_died_ = false;  ///< the owner, or who is next, has got it from a dead one
    std::int64_t deaths_ = 0;
    RequestQueue waiting_;
    SharedWords::Share share_;
};

}  // namespace rankpool::objects
