// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"
#include "rankpool/shared_ring/channel_ring.hpp"
#include "rankpool/worker/mailbox.hpp"

#include <array>
#include <span>
#include <vector>

namespace rankpool::channel {

/// What a wait at a ring has come to.
enum class Result {
    done,    ///< put, or taken to the item's end
    begun,   ///< more of the item will come
    late,    ///< the deadline has passed
    broken,  ///< the item that was begun has no end
    closed,  ///< nobody is at the other end, and nothing is left
};

/// What a try at the ring has come to, where it has not been waited for any longer.
constexpr Result result_of(link::ChannelRing::Status outcome) {
    using Status = link::ChannelRing::Status;
    switch (outcome) {
        case Status::done:
            return Result::done;
        case Status::begun:
            return Result::begun;
        case Status::broken:
            return Result::broken;
        case Status::closed:
            return Result::closed;
        case Status::wait:
        case Status::busy:
            break;
    }
    return Result::late;
}

/// How this process gets at one ring of a channel. Everything waits, through the Mailbox, until it is done.
class Port {
  public:
    struct State {
        std::uint64_t size = 0;
        std::uint64_t unfinished = 0;
        bool is_full = false;
        bool is_readable = false;
    };

    explicit Port(worker::Mailbox& mailbox) : mailbox_(mailbox) {}
    Port(Port const&) = delete;
    Port& operator=(Port const&) = delete;
    virtual ~Port() = default;

    /// Puts a piece of an item; `marks` are ChannelRing::Mark.
    virtual Result put(std::span<std::byte const> piece, std::uint32_t marks, Deadline const& deadline) = 0;
    /// Gives up an item that was begun.
    virtual void leave_put() = 0;
    /// Takes the first piece of the next item.
    virtual Result take(std::vector<std::byte>& to, Deadline const& deadline) = 0;
    /// Takes the next item where it is of just so many bytes and comes soon; false where the caller is to
    /// `take`.
    virtual bool take_soon(std::span<std::byte> /*to*/) { return false; }
    virtual Result take_more(std::vector<std::byte>& to) = 0;
    virtual void leave_take() = 0;

    /// One task_done; false if there were as many as items before.
    virtual bool count_done() = 0;
    virtual State state() = 0;
    /// Waits until all items are done; false when the deadline has passed.
    virtual bool wait_finished(Deadline const& deadline) = 0;

    /// Memory for a small item, again and again the same.
    std::vector<std::byte> lend_piece() { return std::move(piece_); }
    void give_back(std::vector<std::byte>&& piece) {
        if (piece.capacity() <= most_kept) piece_ = std::move(piece);
    }

    /// What one of those who wait for something to take keeps.
    struct Watch {
        link::QueuePosition position;
        std::uint64_t request = 0;
    };
    // To wait at several ports: begin at each, look again and again, say so before sleeping, end at each.
    virtual void begin_watch(Watch& watch) = 0;
    virtual bool is_readable(Watch const& watch) = 0;
    virtual void before_sleep(Watch& watch) = 0;
    virtual void end_watch(Watch& watch) = 0;

    /// This process closes the end: whatever waits here ends.
    void retire() { is_retired_ = true; }
    [[nodiscard]] bool is_retired() const { return is_retired_; }

    /// An item passes in pieces as long as this lives, into the ring or out of it. Callbacks, which might use
    /// the same end, wait meanwhile.
    enum Way : std::size_t { in, out };
    class Passing {
      public:
        Passing(Port& port, Way way) : in_item_(port.mailbox_), flag_(port.is_passing_[way]) { flag_ = true; }
        ~Passing() { flag_ = false; }
        Passing(Passing const&) = delete;
        void goes_on() { in_item_.goes_on(); }

      private:
        worker::Mailbox::InItem in_item_;
        bool& flag_;
    };
    /// Throws UsageError where an item of this process passes that way.
    void require_whole(Way way) const {
        if (is_passing_[way]) throw_passing();
    }

  protected:
    [[nodiscard]] worker::Mailbox& mailbox() const { return mailbox_; }

  private:
    [[noreturn]] static void throw_passing();

    static constexpr std::size_t most_kept = 4096;
    worker::Mailbox& mailbox_;
    bool is_retired_ = false;
    std::array<bool, 2> is_passing_{};
    std::vector<std::byte> piece_;
};

}  // namespace rankpool::channel
