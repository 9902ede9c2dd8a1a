// SPDX-License-Identifier: MIT
#include "rankpool/shared_ring/line.hpp"

#include "rankpool/core/error.hpp"

namespace rankpool::link {

void Line::join(Place& place, Waiter const& who) {
    if (place.is_taken) return;
    if (end_ - first_ >= capacity) {
        throw UsageError("cannot wait for a queue or pipe (" + std::to_string(capacity) +
                         " others do already). Use more than one?");
    }
    Entry& entry = at(end_);
    entry.who = who;
    entry.asleep = 0;
    entry.present = 1;
    place = {end_, true};
    ++end_;
}

void Line::leave(Place& place) {
    if (!place.is_taken) return;
    place.is_taken = false;
    at(place.number).present = 0;
    close_up();
}

void Line::abandon(Place& place) {
    if (!place.is_taken) return;
    place.is_taken = false;
    at(place.number).present = 0;
}

void Line::remove(Address process) {
    for_each([process](Entry& entry) {
        if (entry.who.process == process) entry.present = 0;
    });
    close_up();
}

void Line::remove_rank(Rank rank) {
    for_each([rank](Entry& entry) {
        if (entry.who.process.rank == rank) entry.present = 0;
    });
    close_up();
}

void Line::close_up() {
    for (std::size_t i = 0; i < capacity && must_close_up(); ++i) ++first_;
}

bool Line::must_close_up() const {
    return !is_empty() && at(first_).present == 0;
}

bool Line::has_turn(Place const& place) const {
    return place.is_taken ? place.number == first_ : is_empty();
}

bool Line::is_empty() const {
    return first_ == end_;
}

std::size_t Line::count() const {
    std::size_t count = 0;
    std::uint64_t const first = first_;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(end_ - first, capacity); ++i) {
        if (at(first + i).present != 0) ++count;
    }
    return count;
}

bool Line::is_first(Address process) const {
    return !is_empty() && at(first_).who.process == process;
}

void Line::set_asleep(Place const& place, bool asleep) {
    if (place.is_taken) at(place.number).asleep = asleep ? 1 : 0;
}

std::optional<WakeSocket::Name> Line::wake_first() {
    if (is_empty() || at(first_).asleep.exchange(0) == 0) return std::nullopt;
    return at(first_).who.bell;
}

}  // namespace rankpool::link
