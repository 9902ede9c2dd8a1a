// SPDX-License-Identifier: MIT
#include "rankpool/channel/handle.hpp"

#include "rankpool/core/error.hpp"

namespace rankpool::channel {

Endpoint& Handle::endpoint() const {
    if (!endpoint_) {
        throw UsageError(
            "cannot use a queue, connection or shared object that is none (it was made by its default "
            "constructor). "
            "Ask the context for one?");
    }
    return *endpoint_;
}

Handle::Travelling Handle::pack() const {
    if (!endpoint_) return {};
    if (endpoint_->is_closed()) {
        throw ClosedError(
            "cannot send this queue or connection (this process has closed it). Send it before?");
    }
    auto const ticket = worker::Transit::carry(endpoint_);
    return {endpoint_->end(), ticket.token, ticket.carrier};
}

void Handle::unpack(Travelling const& travelling, bool is_pipe) {
    endpoint_.reset();
    if (travelling.end.channel.number == 0) return;
    endpoint_ = Channels::here().endpoint(travelling.end, travelling.token, travelling.carrier);
    if (is_pipe) endpoint_->set_pipe();
}

std::array<Handle, 2> make_channel(link::ChannelTerms const& terms) {
    Channels& channels = Channels::here();
    link::ChannelId const id = channels.make(terms);
    std::array<Handle, 2> handles;
    for (std::uint32_t end = 0; end < terms.rings; ++end) {
        auto endpoint = channels.own_endpoint({id, end});
        if (terms.rings == 2) endpoint->set_pipe();
        handles[end] = Handle{std::move(endpoint)};
    }
    return handles;
}

Handle make_object(link::ObjectTerms const& terms) {
    Channels& channels = Channels::here();
    return Handle{channels.own_endpoint({channels.make(terms), 0})};
}

}  // namespace rankpool::channel
