// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/channel_messages.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>

namespace rankpool::worker {

/// Something that is counted over the job and may be sent: an end of a queue or pipe.
class Traveller {
  public:
    virtual ~Traveller() = default;
    /// Counts one more that is on its way, in an item of channel `carrier` if that has a number.
    virtual link::Token depart(link::ChannelId carrier) = 0;
    /// The one with that token will not arrive.
    virtual void come_back(link::Token token, link::ChannelId carrier) = 0;
};

/// Travellers that were met in values and are kept alive until these have been decoded.
using Pins = std::set<std::shared_ptr<Traveller>>;

/// What happens to the travellers in a value that is being encoded; there is one at a time in a process, the
/// innermost. A value that may be encoded again, or decoded more than once, has its travellers pinned by the
/// sender until it is known to be done with. Else each counts as on its way until it is claimed.
class Transit {
  public:
    /// Pins the travellers in `pins`.
    explicit Transit(Pins& pins) : pins_(&pins) { enter(); }
    /// Lets them depart, in an item of `carrier` if that is given.
    explicit Transit(link::ChannelId carrier = {}) : carrier_(carrier) { enter(); }
    /// Those that have departed come back unless `arrives` has been called.
    ~Transit();
    Transit(Transit const&) = delete;
    Transit& operator=(Transit const&) = delete;

    /// The value is under way for good.
    void arrives() { departed_.clear(); }

    /// How a traveller goes: its token, without a number if it is pinned, and the channel it is carried in.
    struct Ticket {
        link::Token token;
        link::ChannelId carrier;
    };
    /// To be called by what encodes a traveller. Throws UsageError where values are encoded that are not
    /// sent.
    static Ticket carry(std::shared_ptr<Traveller> const& traveller);

  private:
    void enter();

    Pins* pins_ = nullptr;
    link::ChannelId carrier_;
    std::map<std::shared_ptr<Traveller>, link::Token> departed_;
    Transit* outer_ = nullptr;
};

}  // namespace rankpool::worker
