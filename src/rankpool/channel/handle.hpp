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
        Travelling travelling;
        if constexpr (Archive::is_saving::value) travelling = pack();
        archive& travelling.end.channel.home.value& travelling.end.channel.number& travelling.end.end;
        archive& travelling.token.sender.rank.value& travelling.token.sender.slot.value;
        archive& travelling.token.sender.generation.value& travelling.token.number;
        archive& travelling.carrier.home.value& travelling.carrier.number;
        if constexpr (Archive::is_loading::value) unpack(travelling, is_pipe);
    }

  private:
    struct Travelling {
        link::ChannelEnd end;
        link::Token token;
        link::ChannelId carrier;
    };
    [[nodiscard]] Travelling pack() const;
    void unpack(Travelling const& travelling, bool is_pipe);

    std::shared_ptr<Endpoint> endpoint_;
};

/// A channel of these terms, made by this process: a handle for each of its ends, two of them for a pipe.
std::array<Handle, 2> make_channel(link::ChannelTerms const& terms);
/// A shared object of these terms, made by this process.
Handle make_object(link::ObjectTerms const& terms);

}  // namespace rankpool::channel
