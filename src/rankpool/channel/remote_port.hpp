// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/channels.hpp"
#include "rankpool/channel/port.hpp"

namespace rankpool::channel {

/// A ring of another node: its home works on it for this process, a request and an answer for each piece.
class RemotePort : public Port {
  public:
    RemotePort(Channels& channels, link::ChannelId channel, std::uint32_t ring);

    Result put(std::span<std::byte const> piece, std::uint32_t marks, Deadline const& deadline) override;
    void leave_put() override;
    Result take(std::vector<std::byte>& to, Deadline const& deadline) override;
    Result take_more(std::vector<std::byte>& to) override;
    void leave_take() override;
    bool count_done() override;
    State state() override;
    bool wait_finished(Deadline const& deadline) override;

    void begin_watch(Watch& watch) override;
    bool is_readable(Watch const& watch) override;
    void before_sleep(Watch& /*watch*/) override {}
    void end_watch(Watch& watch) override;

  private:
    [[nodiscard]] link::RingRequest request(link::Ask what, std::uint32_t marks = 0) const;
    link::RingAnswer ask(link::RingRequest const& request, std::span<std::byte const> piece,
                         std::vector<std::byte>& taken, Deadline const& deadline);
    link::RingAnswer ask(link::Ask what);

    Channels& channels_;
    link::ChannelId channel_;
    std::uint32_t ring_;
};

}  // namespace rankpool::channel
