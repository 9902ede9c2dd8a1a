// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/endpoint.hpp"
#include "rankpool/worker/waitable.hpp"

#include <boost/serialization/access.hpp>
#include <boost/serialization/split_member.hpp>

#include <memory>

namespace rankpool::channel {

/// What a queue or connection is made of: a share in an end of a channel, which travels.
class Handle {
  public:
    Handle() = default;
    explicit Handle(std::shared_ptr<Endpoint> endpoint) : endpoint_(std::move(endpoint)) {}

    /// Throws UsageError where there is none.
    [[nodiscard]] Endpoint& endpoint() const;
    void close() const {
        if (endpoint_) endpoint_->close();
    }
    [[nodiscard]] bool is_closed() const { return !endpoint_ || endpoint_->is_closed(); }

    /// Ready when something can be taken from the end without waiting.
    [[nodiscard]] Waitable waitable() const;
    /// Waits until that is so; false when the deadline has passed.
    [[nodiscard]] bool poll(Deadline const& deadline) const;

    /// Claims the end when it has come to another process; `is_pipe` as the sender's is.
    template <class Archive>
    void serialize(Archive& archive, bool is_pipe) {
        InFlight in_flight;
        if constexpr (Archive::is_saving::value) in_flight = pack();
        archive& in_flight.end.channel.home.value& in_flight.end.channel.number& in_flight.end.end;
        archive& in_flight.id.sender.rank.value& in_flight.id.sender.slot.value;
        archive& in_flight.id.sender.generation.value& in_flight.id.number;
        archive& in_flight.carrier.home.value& in_flight.carrier.number;
        if constexpr (Archive::is_loading::value) unpack(in_flight, is_pipe);
    }

  private:
    struct InFlight {
        link::ChannelEnd end;
        link::InFlightId id;
        link::ChannelId carrier;
    };
    [[nodiscard]] InFlight pack() const;
    void unpack(InFlight const& in_flight, bool is_pipe);

    std::shared_ptr<Endpoint> endpoint_;
};

/// A channel of these terms, made by this process: a handle for each of its ends, two of them for a pipe.
std::array<Handle, 2> make_channel(link::ChannelTerms const& terms);
/// A shared object of these terms, made by this process.
Handle make_object(link::ObjectTerms const& terms);

}  // namespace rankpool::channel
