// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"
#include "rankpool/core/pause.hpp"
#include "rankpool/core/wake_socket.hpp"
#include "rankpool/link/link.hpp"
#include "rankpool/protocol/messages.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::worker {

/// Takes the frames of one pool in this process.
class FrameHandler {
  public:
    virtual ~FrameHandler() = default;
    /// Takes note of a frame, which ends with the call. Must neither send much nor wait.
    virtual void on_frame(link::Frame const& frame) = 0;
    /// Does what has come up since; may send, wait and run user code, and so be called again before it
    /// returns. True if there was anything to do.
    virtual bool work() = 0;
    /// Runs callbacks that are due, which may wait and so come back here. True if there were any.
    virtual bool call_back() { return false; }
    /// Runs only one that this process waits for.
    virtual bool call_back_awaited() { return false; }
    /// A rank is gone, and the job goes on without it. As on_frame.
    virtual void on_rank_lost(Rank /*rank*/) {}
};

/// A worker's end of its link: what it sends, what comes, and how it waits. One per process, one thread.
/// Whatever waits does so here, and a wait ends the process when the rank is gone.
class Mailbox {
  public:
    /// Bytes that may be on their way to another worker before it has taken them.
    static constexpr std::int64_t window = 1024 * 1024;

    /// Waits for the supervisor's welcome.
    Mailbox(UniqueFd memory, UniqueFd socket);
    Mailbox(Mailbox const&) = delete;

    [[nodiscard]] Address self() const { return welcome_.self; }
    [[nodiscard]] link::Welcome const& welcome() const { return welcome_; }
    /// Host names by rank; empty in a pool's members.
    [[nodiscard]] std::vector<std::string> const& hosts() const { return hosts_; }
    [[nodiscard]] link::StatusBoard& board() { return link_.board(); }
    /// Ranks that are gone, as far as this process has been told, where the job goes on without them.
    [[nodiscard]] std::vector<Rank> const& lost_ranks() const { return lost_ranks_; }

    /// Sends a frame, waiting for room if there is none.
    void send(link::FrameHeader const& header, std::span<std::byte const> head,
              std::span<std::byte const> body = {});
    template <class Head>
    void send(std::type_identity_t<link::KindOf<Head>> kind, Address to, PoolId pool, CallId call,
              Head const& head, std::span<std::byte const> body = {}) {
        send(link::header_of(kind, to, self(), pool, call), link::bytes_of(head), body);
    }
    /// The supervisor of this worker's rank.
    [[nodiscard]] Address supervisor() const { return link::supervisor_of(self().rank); }

    /// `interrupt` is called before each send while it is set; it must give up what it has reserved.
    void set_interrupt(std::function<void()> interrupt) { interrupt_ = std::move(interrupt); }
    /// Room for a frame of up to `size` bytes with its header, waited for. Nothing else may be sent until
    /// `commit`.
    std::byte* reserve(std::size_t size);
    /// Sends the frame in that room; its header says its size.
    void commit();
    void set_draft(std::uint32_t records, std::uint32_t bytes) { link_.out().set_draft(records, bytes); }

    /// Counts bytes sent to `to` that it will acknowledge; waits while they are more than the window.
    void charge(Address to, std::uint64_t bytes);
    /// Tells `from` now and then that its bytes have been taken.
    void taken(Address from, std::uint64_t bytes);
    /// Lends bytes to `to` in a frame like `header` and waits until it has taken what it can; returns how
    /// many that was. Whoever has once taken none is not asked again.
    std::size_t lend(link::FrameHeader header, void const* data, std::size_t size);
    /// Nothing will be acknowledged any more by `address`, and waits for it end.
    void forget(Address address) { accounts_.erase(address); }

    void enlist(PoolId pool, FrameHandler& handler) { handlers_[pool] = &handler; }
    [[nodiscard]] bool is_enlisted(PoolId pool) const { return handlers_.contains(pool); }
    void dismiss(PoolId pool) { handlers_.erase(pool); }
    /// Gives the frames of pools that nobody is enlisted for to `handler`.
    void enlist_default(FrameHandler& handler) { default_ = &handler; }

    /// Hands out the frames that have come; true if there were any.
    bool dispatch();
    /// Hands out what has come, where that may be done now; costs next to nothing where nothing has. For
    /// those who may use memory for long without a message.
    void listen() {
        if (!link_.in().empty() && !dispatching_ && in_pieces_ == 0) dispatch();
    }
    /// `dispatch`, then lets every handler work and call back, unless a value is on its way in pieces. Where
    /// callbacks are nested deeply, those that are left wait for these to return.
    bool pump();
    /// Pumps until `done()` is true, or returns false when the deadline has passed. Throws UsageError where
    /// nothing may be waited for: in a load() or save() that is called for a message.
    template <class Done>
    bool wait(Done done, Deadline const& deadline = Deadline::never()) {
        return wait(done, deadline, [] { return true; });
    }
    /// The same for what others signal by `bell`: `may_sleep()` tells them, and says whether to sleep.
    template <class Done, class MaySleep>
    bool wait(Done done, Deadline const& deadline, MaySleep may_sleep) {
        require_free();
        bool const is_deep = is_nested_deeply();
        auto const callbacks_from = is_deep ? Clock::now() + wait_of_nested : Clock::time_point{};
        auto const pump_once = [&] { return pump(callbacks_from); };
        return wait_with(pump_once, done, deadline, may_sleep, is_deep);
    }
    /// Dispatches until `done()` is true; for waits inside a handler's work.
    template <class Done>
    void wait_inside(Done done) {
        wait_with([this] { return dispatch(); }, done, Deadline::never(), [] { return true; });
    }
    /// Throws UsageError where nothing may be waited for.
    void require_free() const;
    [[nodiscard]] bool is_free() const { return !dispatching_ && in_pieces_ == 0; }
    /// True inside a handler's on_frame, where nothing may be waited for.
    [[nodiscard]] bool is_dispatching() const { return dispatching_; }

    /// A value passes in pieces as long as this lives: meanwhile frames are only taken note of.
    class InPieces {
      public:
        explicit InPieces(Mailbox& mailbox) : mailbox_(mailbox) { ++mailbox_.in_pieces_; }
        ~InPieces() { --mailbox_.in_pieces_; }
        InPieces(InPieces const&) = delete;

      private:
        Mailbox& mailbox_;
    };

    /// An item passes through a channel in pieces as long as this lives. Callbacks, which might use the same
    /// channel, wait meanwhile; not where it does not go on, since that may be for want of them.
    class InItem {
      public:
        explicit InItem(Mailbox& mailbox) : mailbox_(mailbox) {
            ++mailbox_.in_items_;
            goes_on();
        }
        ~InItem() { --mailbox_.in_items_; }
        InItem(InItem const&) = delete;
        void goes_on() { mailbox_.callbacks_due_ = Clock::now() + std::chrono::milliseconds{100}; }

      private:
        Mailbox& mailbox_;
    };

    /// Ends a sleep of this process; made when it is first asked for.
    WakeSocket const& bell();

    /// The next frame if it has come, which must be released before the next is looked for. For streams.
    std::optional<link::Frame> next();
    void release();
    void hand_out(link::Frame const& frame);
    /// Gives way, or sleeps until a frame may have come or the deadline has passed.
    void idle(Deadline const& deadline);
    void not_idle();

  private:
    struct Account {
        /// And not acknowledged; less than none where results were passed on before they were sent.
        std::int64_t sent = 0;
        std::uint64_t taken = 0;                  ///< and not yet told
        std::optional<std::uint64_t> returned{};  ///< of what was lent
        bool takes_no_loans = false;
    };

    /// From here on a callback in a callback is run only in a wait that has lasted for so long: it may wait
    /// for that one. Each takes its part of the stack.
    static constexpr int deep_nesting = 64;
    static constexpr std::chrono::milliseconds wait_of_nested{20};

    [[nodiscard]] bool is_nested_deeply() const { return nested_callbacks_ >= deep_nesting; }
    bool pump(Clock::time_point callbacks_from);
    bool call_back(Clock::time_point from);
    template <class Pump, class Done, class MaySleep>
    bool wait_with(Pump pump_once, Done done, Deadline const& deadline, MaySleep may_sleep,
                   bool is_deep = false);
    template <class Use>
    auto with_link(Use use);
    std::byte* wait_for_room(std::size_t size);
    void sleep(Deadline const& deadline);
    template <class IsSo>
    void wait_for(Address with, IsSo is_so);
    void acknowledge(link::Frame const& frame);
    void take_loss(Rank rank);
    void require_sound(link::FrameHeader const& header) const;
    void note(FrameHandler& handler, link::Frame const& frame);
    bool for_each_handler(bool (FrameHandler::*act)());

    link::Link link_;
    link::Welcome welcome_{};
    std::vector<std::string> hosts_;
    std::vector<Rank> lost_ranks_;
    std::map<PoolId, FrameHandler*> handlers_;
    FrameHandler* default_ = nullptr;
    std::map<Address, Account> accounts_;
    Backoff backoff_;
    std::function<void()> interrupt_;
    int in_pieces_ = 0;
    int in_items_ = 0;
    int nested_callbacks_ = 0;
    unsigned looks_of_nested_ = 0;
    Clock::time_point callbacks_due_{};  ///< where an item passes
    bool dispatching_ = false;
    std::optional<WakeSocket> bell_;
};

template <class Pump, class Done, class MaySleep>
bool Mailbox::wait_with(Pump pump_once, Done done, Deadline const& deadline, MaySleep may_sleep,
                        bool is_deep) {
    not_idle();
    while (true) {
        bool const any = pump_once();
        if (done()) return true;
        // Also while there is always something to do.
        if (deadline.passed()) return false;
        if (any) {
            not_idle();
            continue;
        }
        if (backoff_.yield() || !may_sleep()) continue;
        sleep(is_deep ? Deadline::after(wait_of_nested) : deadline);
    }
}

}  // namespace rankpool::worker
