// SPDX-License-Identifier: MIT
#include "rankpool/channel/remote_port.hpp"

namespace rankpool::channel {
namespace {

using link::Ask;
using Status = link::ChannelRing::Status;

constexpr std::uint32_t whole = link::ChannelRing::whole;

}  // namespace

RemotePort::RemotePort(Channels& channels, link::ChannelId channel, std::uint32_t ring)
    : Port(channels.mailbox()), channels_(channels), channel_(channel), ring_(ring) {}

link::RingRequest RemotePort::request(Ask what, std::uint32_t marks) const {
    link::RingRequest asked;
    asked.channel = channel_;
    asked.ring = ring_;
    asked.what = what;
    asked.marks = marks;
    return asked;
}

/// Asks and waits for the answer; when the deadline has passed, the home is told to answer at once. Where the
/// end is closed meanwhile there is none.
link::RingAnswer RemotePort::ask(link::RingRequest const& request, std::span<std::byte const> piece,
                                 std::vector<std::byte>& taken, Deadline const& deadline) {
    // An answer that nobody waits for might bring an item.
    mailbox().require_free();
    link::RingRequest asked = request;
    bool const stands_in_line = request.what == Ask::put || request.what == Ask::take;
    asked.is_nowait = stands_in_line && deadline.passed() ? 1 : 0;
    std::uint64_t const number = channels_.ask(asked, piece);
    auto const is_over = [&] { return channels_.is_answered(number) || is_retired(); };
    if (!mailbox().wait(is_over, deadline)) {
        link::RingRequest give_up = request;
        give_up.what = Ask::give_up;
        give_up.number = number;
        channels_.ask(give_up);
        mailbox().wait(is_over);
    }
    if (!channels_.is_answered(number)) {
        link::RingAnswer none;
        none.outcome = Status::wait;
        return none;
    }
    return channels_.take_answer(number, taken);
}

link::RingAnswer RemotePort::ask(Ask what) {
    std::vector<std::byte> none;
    return ask(request(what), {}, none, Deadline::never());
}

Result RemotePort::put(std::span<std::byte const> piece, std::uint32_t marks, Deadline const& deadline) {
    std::vector<std::byte> none;
    Result const result = result_of(ask(request(Ask::put, marks), piece, none, deadline).outcome);
    // An item that was begun has its end here, also for those who wait behind it.
    bool const is_at_ring = result == Result::closed || (result != Result::done && marks != whole);
    if (is_at_ring && !is_retired()) leave_put();
    return result;
}

void RemotePort::leave_put() {
    (void)ask(Ask::leave_put);
}

Result RemotePort::take(std::vector<std::byte>& to, Deadline const& deadline) {
    return result_of(ask(request(Ask::take), {}, to, deadline).outcome);
}

Result RemotePort::take_more(std::vector<std::byte>& to) {
    return result_of(ask(request(Ask::take_more), {}, to, Deadline::never()).outcome);
}

void RemotePort::leave_take() {
    (void)ask(Ask::leave_take);
}

bool RemotePort::count_done() {
    return ask(Ask::count_done).outcome == Status::done;
}

Port::State RemotePort::state() {
    auto const answer = ask(Ask::state);
    return {answer.size, answer.unfinished, answer.is_full != 0, answer.is_readable != 0};
}

bool RemotePort::wait_finished(Deadline const& deadline) {
    std::vector<std::byte> none;
    return ask(request(Ask::finished), {}, none, deadline).outcome != Status::wait;
}

void RemotePort::begin_watch(Watch& watch) {
    watch.request = channels_.ask(request(Ask::readable));
}

bool RemotePort::is_readable(Watch const& watch) {
    return channels_.is_answered(watch.request);
}

void RemotePort::end_watch(Watch& watch) {
    std::vector<std::byte> none;
    if (!is_readable(watch)) {
        link::RingRequest give_up = request(Ask::give_up);
        give_up.number = watch.request;
        channels_.ask(give_up);
        mailbox().wait([&] { return is_readable(watch) || is_retired(); });
    }
    if (is_readable(watch)) (void)channels_.take_answer(watch.request, none);
}

}  // namespace rankpool::channel
