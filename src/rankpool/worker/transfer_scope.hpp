// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/channel_messages.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>

namespace rankpool::worker {

/// Something that is counted over the job and may be sent: an end of a queue or pipe.
class Transferable {
  public:
    virtual ~Transferable() = default;
    /// Counts one more that is on its way, in an item of channel `carrier` if that has a number.
    virtual link::InFlightId depart(link::ChannelId carrier) = 0;
    /// The one with that id will not arrive.
    virtual void come_back(link::InFlightId in_flight, link::ChannelId carrier) = 0;
};

/// Transferable things that were met in values and are kept alive until these have been decoded.
using Pins = std::set<std::shared_ptr<Transferable>>;

/// What happens to the ends in a value that is being encoded; there is one at a time in a process, the
/// innermost. A value that may be encoded again, or decoded more than once, has its ends pinned by the
/// sender until it is known to be done with. Else each counts as on its way until it is claimed.
class TransferScope {
  public:
    /// Pins the ends in `pins`.
    explicit TransferScope(Pins& pins) : pins_(&pins) { enter(); }
    /// Lets them depart, in an item of `carrier` if that is given.
    explicit TransferScope(link::ChannelId carrier = {}) : carrier_(carrier) { enter(); }
    /// Those that have departed come back unless `arrives` has been called.
    ~TransferScope();
    TransferScope(TransferScope const&) = delete;
    TransferScope& operator=(TransferScope const&) = delete;

    /// The value is under way for good.
    void arrives() { departed_.clear(); }

    /// How an end goes: its id, without a number if it is pinned, and the channel it is carried in.
    struct TransferRecord {
        link::InFlightId in_flight;
        link::ChannelId carrier;
    };
    /// To be called by what encodes an end. Throws UsageError where values are encoded that are not
    /// sent.
    static TransferRecord carry(std::shared_ptr<Transferable> const& end);

  private:
    void enter();

    Pins* pins_ = nullptr;
    link::ChannelId carrier_;
    std::map<std::shared_ptr<Transferable>, link::InFlightId> departed_;
    TransferScope* outer_ = nullptr;
};

}  // namespace rankpool::worker
