// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/request_queue.hpp"

namespace rankpool::objects {

/// Barrier. The last of a round runs the action, if there is one, before any is let go; who arrives meanwhile
/// belongs to the next round. It breaks for all when one of those who wait ends, gives up or fails in the
/// action; a round that is complete is not broken by one who waits for the next.
class BarrierObject : public Object {
  public:
    BarrierObject(Replies& replies, link::ChannelId id, std::size_t parties, bool has_action)
        : Object(replies, id), parties_(parties), has_action_(has_action) {}

    void on_request(Address from, link::SharedRequest const& request,
                    std::span<std::byte const> tail) override;
    void processes_ended(Ended const& ended) override;

    void note_holdings(std::vector<link::HoldingNote>& notes) const override {
        round_.note(id(), link::ObjectKind::barrier, notes);
        next_.note(id(), link::ObjectKind::barrier, notes);
    }

  private:
    void arrive(Address from, link::SharedRequest const& request);
    void fill();
    void let_go();
    void give_up(Address from, std::uint64_t number);
    /// `culprit`: who has ended, if one has.
    void break_for_all(WaitingRequest const* culprit, std::size_t came);
    void break_next(WaitingRequest const* culprit);
    void tell_broken(WaitingRequest const& to, WaitingRequest const* culprit, std::size_t came) const;
    [[nodiscard]] bool is_actor(Address process, std::uint64_t number) const;

    std::size_t parties_;
    bool has_action_;
    bool is_broken_ = false;
    bool breaks_next_ = false;  ///< when the action is done: one who came for the next round has gone
    std::optional<WaitingRequest> actor_;  ///< the last of the round, which runs the action
    RequestQueue round_;                   ///< all of it but the actor
    RequestQueue next_;                    ///< arrived while the action is run
};

}  // namespace rankpool::objects
