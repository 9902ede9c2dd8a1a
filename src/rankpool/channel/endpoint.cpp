// SPDX-License-Identifier: MIT
#include "rankpool/channel/endpoint.hpp"

#include "rankpool/channel/local_port.hpp"
#include "rankpool/channel/remote_port.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/worker/own_thread.hpp"

namespace rankpool::channel {

Port& Endpoint::port(std::uint32_t ring) {
    worker::require_own_thread("a queue or connection");
    require_open();
    auto& port = ports_[ring];
    if (port) return *port;
    link::ChannelPlace const place = channels_.place_of(end_);
    if (place.exists == 0) {
        throw ClosedError(
            "cannot use this queue or connection (all who held it had let go of it before it came here)");
    }
    if (auto memory = place.pid != 0 ? channels_.memory_of(place) : nullptr) {
        port = std::make_unique<LocalPort>(channels_.mailbox(), std::move(memory), ring);
    } else {
        port = std::make_unique<RemotePort>(channels_, end_.channel, ring);
    }
    return *port;
}

void Endpoint::require_open() const {
    if (!is_closed_) return;
    throw ClosedError(
        "cannot use this queue or connection (this process has closed it). Keep it open longer?");
}

void Endpoint::let_go(bool may_wait) {
    if (is_closed_) return;
    if (may_wait) worker::require_own_thread("a queue or connection");
    // The last handle may go with a thread that can tell nobody: the end is held until the process ends.
    if (!worker::is_own_thread()) {
        (void)attachment_.release();
        return;
    }
    is_closed_ = true;
    for (auto const& port : ports_) {
        if (port) port->retire();
    }
    if (uses_ == 0) drop_ports();
    attachment_.reset();
    channels_.drop(end_, may_wait);
}

link::InFlightId Endpoint::depart(link::ChannelId carrier) {
    if (is_closed_) {
        throw ClosedError(
            "cannot send this queue or connection (this process has closed it). Send it before?");
    }
    link::InFlightId const in_flight = channels_.fresh_in_flight_id();
    channels_.tell(link::FrameKind::channel_depart, {end_, in_flight, carrier, 0});
    return in_flight;
}

void Endpoint::come_back(link::InFlightId in_flight, link::ChannelId carrier) {
    channels_.tell(link::FrameKind::channel_return, {end_, in_flight, carrier, 0});
}

}  // namespace rankpool::channel
