// SPDX-License-Identifier: MIT
#include "rankpool/worker/mailbox.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/worker/cross_memory.hpp"
#include "rankpool/worker/damaged_link.hpp"
#include "rankpool/worker/own_thread.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace rankpool::worker {
namespace {

using link::FrameKind;
using namespace std::chrono_literals;

constexpr auto yield_for = 50us;
/// What can be acknowledged before it has been sent: the results in one frame.
constexpr auto most_unsent = -static_cast<std::int64_t>(link::largest_frame);
/// A look now and then costs nothing, and no lost wake-up can stop this process.
constexpr std::chrono::nanoseconds longest_sleep = 1s;

/// True while it lives.
class Flagged {
  public:
    explicit Flagged(bool& flag) : flag_(flag), before_(flag) { flag = true; }
    ~Flagged() { flag_ = before_; }
    Flagged(Flagged const&) = delete;

  private:
    bool& flag_;
    bool before_;
};

/// Without a stream, which costs a new process more than all else here.
std::vector<std::string> lines_of(std::span<std::byte const> bytes) {
    std::string_view text{reinterpret_cast<char const*>(bytes.data()), bytes.size()};
    std::vector<std::string> lines;
    while (!text.empty()) {
        std::string_view const line = text.substr(0, text.find('\n'));
        lines.emplace_back(line);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return lines;
}

}  // namespace

/// What `use` of the link gives; this process ends where the link makes no sense any more.
template <class Use>
auto Mailbox::with_link(Use use) {
    return or_end([&] { return use(link_); });
}

Mailbox::Mailbox(UniqueFd memory, UniqueFd socket)
    : link_(link::Side::worker, std::move(memory), std::move(socket)), backoff_(yield_for) {
    // Only this one: what follows is for handlers that are yet to come.
    while (true) {
        if (auto const frame = next()) {
            welcome_ = frame->head<FrameKind::welcome>();
            hosts_ = lines_of(frame->tail<FrameKind::welcome>());
            release();
            return;
        }
        idle(Deadline::never());
    }
}

void Mailbox::send(link::FrameHeader const& header, std::span<std::byte const> head,
                   std::span<std::byte const> body) {
    if (interrupt_) interrupt_();
    reserve(sizeof header + head.size() + body.size());
    link_.out().push(header, head, body);
    link_.wake();
}

std::byte* Mailbox::reserve(std::size_t size) {
    return with_link([&](link::Link&) { return wait_for_room(size); });
}

std::byte* Mailbox::wait_for_room(std::size_t size) {
    not_idle();
    std::byte* place = link_.out().reserve(size);
    while (!place) {
        if (!backoff_.yield()) {
            link_.announce_sleep();
            bool readable = false;
            if (!link_.out().reserve(size)) readable = link_.sleep(longest_sleep.count());
            if (!readable) link_.wake_in_any_case();
            if (!link_.end_sleep(readable)) ::_exit(EXIT_FAILURE);
        }
        place = link_.out().reserve(size);
    }
    return place;
}

void Mailbox::commit() {
    with_link([](link::Link& link) { link.out().commit(); });
    link_.wake();
}

void Mailbox::charge(Address to, std::uint64_t bytes) {
    if ((accounts_[to].sent += static_cast<std::int64_t>(bytes)) <= window) return;
    wait_for(to, [](Account const& account) { return account.sent <= window; });
}

std::size_t Mailbox::lend(link::FrameHeader header, void const* data, std::size_t size) {
    Account& before = accounts_[header.to];
    if (before.takes_no_loans) return 0;
    before.returned.reset();
    CrossMemory const loan{data, size};
    header.kind = FrameKind::part_lent;
    reserve(sizeof header + sizeof loan.terms());
    link_.out().push(header, link::bytes_of(loan.terms()));
    link_.wake();
    wait_for(header.to, [](Account const& account) { return account.returned.has_value(); });
    auto const account = accounts_.find(header.to);
    if (account == accounts_.end()) return 0;
    account->second.takes_no_loans = account->second.returned == 0;
    return *account->second.returned;
}

/// Waits until `is_so` of the account, or the account is closed.
template <class IsSo>
void Mailbox::wait_for(Address with, IsSo is_so) {
    // The receiver's pace must not count against a task's time limit.
    link::Activity const activity = board().activity.load();
    bool const is_in_task = activity == link::Activity::task;
    if (is_in_task) board().activity.store(link::Activity::sending);
    auto const begin = Clock::now();
    wait_inside([&] {
        auto const account = accounts_.find(with);
        return account == accounts_.end() || is_so(account->second);
    });
    if (is_in_task) board().started_ns.fetch_add(std::chrono::nanoseconds{Clock::now() - begin}.count());
    board().activity.store(activity);
}

void Mailbox::taken(Address from, std::uint64_t bytes) {
    Account& account = accounts_[from];
    account.taken += bytes;
    if (account.taken < static_cast<std::uint64_t>(window) / 4) return;
    send(FrameKind::acknowledged, from, {}, {}, link::Amount{account.taken});
    account.taken = 0;
}

void Mailbox::acknowledge(link::Frame const& frame) {
    auto const account = accounts_.find(frame.header.from);
    if (account != accounts_.end()) {
        std::int64_t& sent = account->second.sent;
        sent = std::max(sent - static_cast<std::int64_t>(frame.head<FrameKind::acknowledged>().bytes),
                        most_unsent);
    }
}

std::optional<link::Frame> Mailbox::next() {
    return with_link([](link::Link& link) { return link.in().next(); });
}

void Mailbox::release() {
    link_.in().release();
    link_.wake();
}

void Mailbox::hand_out(link::Frame const& frame) {
    if (frame.header.to != self()) {
        require_sound(frame.header);
    } else if (frame.header.kind == FrameKind::acknowledged) {
        acknowledge(frame);
    } else if (frame.header.kind == FrameKind::part_returned) {
        auto const account = accounts_.find(frame.header.from);
        if (account != accounts_.end())
            account->second.returned = frame.head<FrameKind::part_returned>().bytes;
    } else if (frame.header.kind == FrameKind::rank_lost) {
        take_loss(frame.head<FrameKind::rank_lost>());
    } else if (auto const found = handlers_.find(frame.header.pool); found != handlers_.end()) {
        note(*found->second, frame);
    } else if (default_) {
        note(*default_, frame);
    }
}

/// Frames for a process that had this slot before are left out. All others that are not for this one are what
/// something has written over those that were: they might be missed for ever.
void Mailbox::require_sound(link::FrameHeader const& header) const {
    bool const is_for_this_slot = header.to.rank == self().rank && header.to.slot == self().slot;
    if (is_for_this_slot && header.kind != FrameKind::welcome) return;
    or_end([] { link::refuse("a frame for nobody here"); });
}

void Mailbox::note(FrameHandler& handler, link::Frame const& frame) {
    Flagged const dispatching{dispatching_};
    try {
        handler.on_frame(frame);
    } catch (link::Nonsense const&) {
        // Another process's memory is damaged: what it says is left out.
        if (frame.header.from.slot == link::supervisor_slot) throw;
    }
}

void Mailbox::take_loss(Rank rank) {
    lost_ranks_.push_back(rank);
    std::erase_if(accounts_, [rank](auto const& account) { return account.first.rank == rank; });
    Flagged const dispatching{dispatching_};
    for (auto const& [pool, handler] : handlers_) handler->on_rank_lost(rank);
}

bool Mailbox::dispatch() {
    bool any = false;
    while (auto const frame = next()) {
        any = true;
        hand_out(*frame);
        release();
    }
    return any;
}

bool Mailbox::pump() {
    // One that looks again and again gets on all the same.
    constexpr unsigned looks = 1024;
    bool const must_wait = is_nested_deeply() && ++looks_of_nested_ % looks != 0;
    return pump(must_wait ? Clock::time_point::max() : Clock::time_point{});
}

bool Mailbox::pump(Clock::time_point callbacks_from) {
    require_own_thread("a pool or queue");
    bool any = dispatch();
    if (in_pieces_ > 0) return any;
    any |= for_each_handler(&FrameHandler::work);
    any |= call_back(callbacks_from);
    return any;
}

bool Mailbox::call_back(Clock::time_point from) {
    if (in_items_ > 0) from = std::max(from, callbacks_due_);
    bool const may_all = from == Clock::time_point{} || Clock::now() >= from;
    struct Nested {
        int& count;
        ~Nested() { --count; }
    } const nested{++nested_callbacks_};
    return for_each_handler(may_all ? &FrameHandler::call_back : &FrameHandler::call_back_awaited);
}

bool Mailbox::for_each_handler(bool (FrameHandler::*act)()) {
    bool any = false;
    // A callback may make or end a pool: the list may change under the loop.
    for (auto next = handlers_.begin(); next != handlers_.end();) {
        PoolId const pool = next->first;
        any |= (next->second->*act)();
        next = handlers_.upper_bound(pool);
    }
    return any;
}

void Mailbox::require_free() const {
    if (is_free()) return;
    throw UsageError(
        "cannot wait for others here (a value is being read from a message or written to one). "
        "Do it before the value is sent, or after it has come?");
}

void Mailbox::not_idle() {
    backoff_.renew();
}

void Mailbox::idle(Deadline const& deadline) {
    if (!backoff_.yield()) sleep(deadline);
}

void Mailbox::sleep(Deadline const& deadline) {
    link_.announce_sleep();
    std::array<pollfd, 2> fds{{{link_.socket(), POLLIN, 0}, {bell_ ? bell_->fd() : -1, POLLIN, 0}}};
    if (link_.in().empty()) {
        std::chrono::nanoseconds const left = deadline.remaining().value_or(longest_sleep);
        pause(fds, std::min(left, longest_sleep).count());
        // What tells that the supervisor sleeps may have been written over.
        if (fds[0].revents == 0 && !link_.out().is_read()) link_.wake_in_any_case();
    }
    if (!link_.end_sleep(fds[0].revents != 0)) ::_exit(EXIT_FAILURE);
    if (fds[1].revents != 0) bell_->empty();
}

WakeSocket const& Mailbox::bell() {
    if (!bell_) bell_.emplace();
    return *bell_;
}

}  // namespace rankpool::worker
