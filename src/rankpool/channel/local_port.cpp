// SPDX-License-Identifier: MIT
#include "rankpool/channel/local_port.hpp"

#include "rankpool/core/relax.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace rankpool::channel {
namespace {

using namespace std::chrono_literals;

/// One who always finds what it wants looks at its other mail this seldom.
constexpr unsigned tries_between_looks = 256;
/// Between two tries at a lock that somebody holds for long, and how long that may be where nothing is
/// stopped.
constexpr auto nap = 200us;
constexpr auto longest_busy = 100ms;
/// Looks at an empty ring before one stands in its line, which costs as much: some microseconds.
constexpr int looks_before_line = 64;
/// As long as it takes to put some dozens of small items.
constexpr int gathering = 96;

}  // namespace

LocalPort::LocalPort(worker::Mailbox& mailbox, std::shared_ptr<link::ChannelMemory> memory, std::size_t ring)
    : Port(mailbox), memory_(std::move(memory)), ring_(memory_->ring(ring)) {}

template <class Try, class MayTry>
LocalPort::Status LocalPort::try_until(Try once, MayTry may_try, link::WaitQueue& queue,
                                       link::QueuePosition& position, Deadline const& deadline) {
    Status outcome = once();
    auto const is_over = [&] {
        if (is_retired()) return true;
        if (outcome == Status::busy) std::this_thread::sleep_for(nap);
        if (outcome == Status::busy || (outcome == Status::wait && may_try())) outcome = once();
        return outcome != Status::wait && outcome != Status::busy;
    };
    auto const may_sleep = [&] {
        queue.set_asleep(position, true);
        return outcome == Status::wait && position.is_taken && !may_try();
    };
    if (outcome == Status::busy) {
        // One more look than the deadline allows costs nothing, and a busy lock must not look like an empty
        // ring; but who holds it may have been stopped.
        for (auto const end = Deadline::after(longest_busy); outcome == Status::busy && !end.passed();) {
            std::this_thread::sleep_for(nap);
            outcome = once();
        }
    }
    if (outcome == Status::wait || outcome == Status::busy)
        (void)mailbox().wait(is_over, deadline, may_sleep);
    return outcome;
}

/// Who will not or may not wait does not stand in the queue either: it would be in the way of the others.
link::ChannelRing::Join LocalPort::join_until(Deadline const& deadline) const {
    return deadline.passed() || !mailbox().is_free() ? link::ChannelRing::Join::no
                                                     : link::ChannelRing::Join::yes;
}

Result LocalPort::put(std::span<std::byte const> piece, std::uint32_t marks, Deadline const& deadline) {
    stay_in_touch();
    bool const may_pass = marks == link::ChannelRing::whole && !putting_.is_taken;
    if (may_pass && ring_.put_at_once(piece)) return Result::done;
    auto const join = join_until(deadline);
    Status const outcome =
        try_until([&] { return ring_.put(putting_, self(), piece, marks, join); },
                  [&] { return ring_.may_put(putting_, piece.size()); }, ring_.putters(), putting_, deadline);
    if (outcome != Status::done) leave_put();
    return result_of(outcome);
}

Result LocalPort::take(std::vector<std::byte>& to, Deadline const& deadline) {
    stay_in_touch();
    auto const join = join_until(deadline);
    bool const has_looked = std::exchange(has_looked_, false);
    if (!has_looked && join == link::ChannelRing::Join::yes && take_before_line(to)) return Result::done;
    Status const outcome =
        try_until([&] { return ring_.take(taking_, self(), to, join); },
                  [&] { return ring_.may_take(taking_); }, ring_.takers(), taking_, deadline);
    if (outcome == Status::wait || outcome == Status::busy) leave_take();
    return result_of(outcome);
}

bool LocalPort::Pace::lets_gather() {
    alone_ = taken_ > 1 ? 0 : alone_ + 1;
    taken_ = 0;
    return alone_ % tries_one_in == 0;
}

bool LocalPort::take_soon(std::span<std::byte> to) {
    stay_in_touch();
    has_looked_ = !take_before_line(to);
    return !has_looked_;
}

/// Before the caller stands in line: who takes as fast as others put never does.
template <class To>
bool LocalPort::take_before_line(To& to) {
    if (taking_.is_taken) return false;
    if (!ring_.take_at_once(to)) {
        int const before_look = pace_.lets_gather() ? gathering : 0;
        for (int i = 0; i < before_look; ++i) relax();
        for (int i = 0; i < looks_before_line && !ring_.look(); ++i) relax();
        if (!ring_.take_at_once(to)) return false;
    }
    pace_.took();
    return true;
}

Result LocalPort::take_more(std::vector<std::byte>& to) {
    stay_in_touch();
    return result_of(try_until([&] { return ring_.take_more(taking_, to); },
                               [&] { return ring_.may_take_more(); }, ring_.takers(), taking_,
                               Deadline::never()));
}

Port::State LocalPort::state() {
    return {ring_.size(), ring_.unfinished(), ring_.is_full(), ring_.is_readable()};
}

bool LocalPort::wait_finished(Deadline const& deadline) {
    auto const is_over = [this] { return ring_.unfinished() == 0 || is_retired(); };
    if (is_over()) return true;
    mailbox().require_free();
    Watch watch;
    begin_watch(watch);
    bool const in_time = mailbox().wait(is_over, deadline, [&] {
        before_sleep(watch);
        return !is_over();
    });
    end_watch(watch);
    return in_time;
}

bool LocalPort::count_done() {
    Status outcome = ring_.count_done();
    while (outcome == Status::busy) {
        mailbox().pump();
        std::this_thread::sleep_for(nap);
        outcome = ring_.count_done();
    }
    return outcome != Status::broken;
}

void LocalPort::before_sleep(Watch& watch) {
    // It may have had no room among the watchers before.
    begin_watch(watch);
    ring_.watchers().set_asleep(watch.position, true);
}

bool LocalPort::is_readable(Watch const& /*watch*/) {
    // The lock is worth taking only where there is something.
    return ring_.may_be_readable() && ring_.is_readable();
}

link::Waiter LocalPort::self() {
    return {mailbox().self(), mailbox().bell().name()};
}

void LocalPort::stay_in_touch() {
    if (++tries_ % tries_between_looks == 0) mailbox().pump();
}

}  // namespace rankpool::channel
