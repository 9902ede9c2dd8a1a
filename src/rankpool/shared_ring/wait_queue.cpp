// SPDX-License-Identifier: MIT
#include "rankpool/shared_ring/wait_queue.hpp"

#include "rankpool/core/error.hpp"

namespace rankpool::link {

void WaitQueue::join(QueuePosition& position, Waiter const& who) {
    if (position.is_taken) return;
    if (end_ - first_ >= capacity) {
        throw UsageError("cannot wait for a queue or pipe (" + std::to_string(capacity) +
                         " others do already). Use more than one?");
    }
    Entry& entry = at(end_);
    entry.who = who;
    entry.asleep = 0;
    entry.present = 1;
    position = {end_, true};
    ++end_;
}

void WaitQueue::leave(QueuePosition& position) {
    if (!position.is_taken) return;
    position.is_taken = false;
    at(position.number).present = 0;
    close_up();
}

void WaitQueue::abandon(QueuePosition& position) {
    if (!position.is_taken) return;
    position.is_taken = false;
    at(position.number).present = 0;
}

void WaitQueue::remove(Address process) {
    for_each([process](Entry& entry) {
        if (entry.who.process == process) entry.present = 0;
    });
    close_up();
}

void WaitQueue::remove_rank(Rank rank) {
    for_each([rank](Entry& entry) {
        if (entry.who.process.rank == rank) entry.present = 0;
    });
    close_up();
}

void WaitQueue::close_up() {
    for (std::size_t i = 0; i < capacity && must_close_up(); ++i) ++first_;
}

bool WaitQueue::must_close_up() const {
    return !is_empty() && at(first_).present == 0;
}

bool WaitQueue::has_turn(QueuePosition const& position) const {
    return position.is_taken ? position.number == first_ : is_empty();
}

bool WaitQueue::is_empty() const {
    return first_ == end_;
}

std::size_t WaitQueue::count() const {
    std::size_t count = 0;
    std::uint64_t const first = first_;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(end_ - first, capacity); ++i) {
        if (at(first + i).present != 0) ++count;
    }
    return count;
}

bool WaitQueue::is_first(Address process) const {
    return !is_empty() && at(first_).who.process == process;
}

void WaitQueue::set_asleep(QueuePosition const& position, bool asleep) {
    if (position.is_taken) at(position.number).asleep = asleep ? 1 : 0;
}

std::optional<WakeSocket::Name> WaitQueue::wake_first() {
    if (is_empty() || at(first_).asleep.exchange(0) == 0) return std::nullopt;
    return at(first_).who.bell;
}

}  // namespace rankpool::link
