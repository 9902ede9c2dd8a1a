// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/port.hpp"
#include "rankpool/shared_ring/channel_memory.hpp"
#include "rankpool/worker/mailbox.hpp"

#include <memory>

namespace rankpool::channel {

/// A ring of this node, worked on in the memory that its processes share.
class LocalPort : public Port {
  public:
    LocalPort(worker::Mailbox& mailbox, std::shared_ptr<link::ChannelMemory> memory, std::size_t ring);

    Result put(std::span<std::byte const> piece, std::uint32_t marks, Deadline const& deadline) override;
    void leave_put() override { ring_.leave_putters(putting_); }
    Result take(std::vector<std::byte>& to, Deadline const& deadline) override;
    bool take_soon(std::span<std::byte> to) override;
    Result take_more(std::vector<std::byte>& to) override;
    void leave_take() override { ring_.leave_takers(taking_); }
    bool count_done() override;
    State state() override;
    bool wait_finished(Deadline const& deadline) override;

    void begin_watch(Watch& watch) override { ring_.watch(watch.position, self()); }
    bool is_readable(Watch const& watch) override;
    void before_sleep(Watch& watch) override;
    void end_watch(Watch& watch) override { ring_.leave_watchers(watch.position); }

  private:
    using Status = link::ChannelRing::Status;

    /// Whether one who finds nothing lets some items gather before the next look: each look at what another
    /// core has just written costs both of them more than to put an item or to take one.
    class Pace {
      public:
        void took() { ++taken_; }
        /// The ring is empty: true where it pays to wait for several items.
        bool lets_gather();

      private:
        /// Where one item comes at a time, as in a talk, this seldom is it tried whether more do.
        static constexpr unsigned tries_one_in = 64;
        unsigned taken_ = 0;  ///< since the ring was empty
        unsigned alone_ = 0;  ///< items in a row behind which it was
    };

    /// Tries, and where it has to wait tries again whenever `may_try()`; `wait` when the deadline has passed.
    template <class Try, class MayTry>
    Status try_until(Try once, MayTry may_try, link::WaitQueue& queue, link::QueuePosition& position,
                     Deadline const& deadline);
    template <class To>
    bool take_before_line(To& to);
    [[nodiscard]] link::ChannelRing::Join join_until(Deadline const& deadline) const;
    link::Waiter self();
    void stay_in_touch();

    std::shared_ptr<link::ChannelMemory> memory_;
    link::ChannelRing& ring_;
    link::QueuePosition putting_;
    link::QueuePosition taking_;
    unsigned tries_ = 0;
    Pace pace_;
    bool has_looked_ = false;  ///< long enough to stand in line now
};

}  // namespace rankpool::channel
