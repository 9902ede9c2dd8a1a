// SPDX-License-Identifier: MIT
#include "rankpool/channel/handle.hpp"

#include "rankpool/core/error.hpp"

#include <optional>

namespace rankpool::channel {

namespace {

/// An end from which something is to be taken.
class Incoming : public worker::WaitSource {
  public:
    explicit Incoming(std::shared_ptr<Endpoint> endpoint) : endpoint_(std::move(endpoint)) {}

    [[nodiscard]] void const* subject() const override { return endpoint_.get(); }
    [[nodiscard]] bool is_ready() override { return endpoint_->incoming()->is_readable(watch_); }
    void begin_watch() override {
        // A callback in a wait may wait for the same.
        if (watchers_ == 0) {
            port_.emplace(*endpoint_, *endpoint_->incoming());
            (*port_)->begin_watch(watch_);
        }
        ++watchers_;
    }
    void before_sleep() override { (*port_)->before_sleep(watch_); }
    void end_watch() override {
        if (--watchers_ > 0) return;
        (*port_)->end_watch(watch_);
        port_.reset();
    }

  private:
    std::shared_ptr<Endpoint> endpoint_;
    std::optional<Endpoint::PortUse> port_;
    Port::Watch watch_;
    int watchers_ = 0;
};

}  // namespace

Waitable Handle::waitable() const {
    (void)endpoint().incoming();
    return Waitable{std::make_shared<Incoming>(endpoint_)};
}

bool Handle::poll(Deadline const& deadline) const {
    return !worker::wait_for_any({waitable()}, deadline).empty();
}

Endpoint& Handle::endpoint() const {
    if (!endpoint_) {
        throw UsageError(
            "cannot use a queue, connection or shared object that is none (it was made by its default "
            "constructor). "
            "Ask the context for one?");
    }
    return *endpoint_;
}

Handle::InFlight Handle::pack() const {
    if (!endpoint_) return {};
    if (endpoint_->is_closed()) {
        throw ClosedError(
            "cannot send this queue or connection (this process has closed it). Send it before?");
    }
    auto const record = worker::TransferScope::carry(endpoint_);
    return {endpoint_->end(), record.in_flight, record.carrier};
}

void Handle::unpack(InFlight const& in_flight, bool is_pipe) {
    endpoint_.reset();
    if (in_flight.end.channel.number == 0) return;
    endpoint_ = Channels::here().endpoint(in_flight.end, in_flight.id, in_flight.carrier);
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
