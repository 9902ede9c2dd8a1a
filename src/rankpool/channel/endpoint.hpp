// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/channels.hpp"
#include "rankpool/channel/port.hpp"
#include "rankpool/worker/transfer_scope.hpp"

#include <array>
#include <memory>

namespace rankpool::channel {

/// This process's share in one end of a queue or pipe, which all handles here have in common. The end's home
/// counts it until the last handle is gone or it is closed.
class Endpoint : public worker::Transferable {
  public:
    Endpoint(Channels& channels, link::ChannelEnd const& end) : channels_(channels), end_(end) {}
    ~Endpoint() override { let_go(false); }

    [[nodiscard]] link::ChannelEnd const& end() const { return end_; }
    /// A port in use: it stays as long as this lives, also where a callback closes the end meanwhile.
    class PortUse {
      public:
        PortUse(Endpoint& endpoint, Port& port) : endpoint_(endpoint), port_(port) { ++endpoint.uses_; }
        ~PortUse() {
            if (--endpoint_.uses_ == 0 && endpoint_.is_closed_) endpoint_.drop_ports();
        }
        PortUse(PortUse const&) = delete;

        Port* operator->() const { return &port_; }
        Port& operator*() const { return port_; }
        /// Throws ClosedError where this process has closed the end meanwhile.
        void require_open() const { endpoint_.require_open(); }

      private:
        Endpoint& endpoint_;
        Port& port_;
    };
    /// The ring that this end puts into, and the one that it takes from. Throw ClosedError.
    [[nodiscard]] PortUse outgoing() { return {*this, port(end_.end)}; }
    [[nodiscard]] PortUse incoming() { return {*this, port(is_pipe_ ? 1 - end_.end : 0)}; }
    void set_pipe() { is_pipe_ = true; }

    /// Returns when the other processes can see it.
    void close() { let_go(true); }
    [[nodiscard]] bool is_closed() const { return is_closed_; }
    /// Throws ClosedError where it is.
    void require_open() const;
    [[nodiscard]] worker::Mailbox& mailbox() { return channels_.mailbox(); }

    /// What belongs to the end in this process, and goes with it.
    class Attachment {
      public:
        Attachment() = default;
        virtual ~Attachment() = default;
        Attachment(Attachment const&) = delete;
    };
    [[nodiscard]] std::unique_ptr<Attachment>& attachment() { return attachment_; }

    link::InFlightId depart(link::ChannelId carrier) override;
    void come_back(link::InFlightId in_flight, link::ChannelId carrier) override;

  private:
    Port& port(std::uint32_t ring);
    void drop_ports() {
        for (auto& port : ports_) port.reset();
    }
    void let_go(bool may_wait);

    Channels& channels_;
    link::ChannelEnd end_;
    bool is_pipe_ = false;
    bool is_closed_ = false;
    int uses_ = 0;  ///< of its ports, at this moment
    std::array<std::unique_ptr<Port>, 2> ports_;
    std::unique_ptr<Attachment> attachment_;
};

}  // namespace rankpool::channel
