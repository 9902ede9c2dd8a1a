// SPDX-License-Identifier: MIT
#include "rankpool/schedule/crew.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace rankpool::schedule {

Crew::Crew(std::size_t size, std::uint64_t lifetime) : lifetime_{lifetime}, size_{size}, places_(size) {}

std::uint64_t Crew::held_by(Place const& place) {
    return std::accumulate(place.batches.begin(), place.batches.end(), std::uint64_t{0},
                           [](std::uint64_t sum, Batch const& batch) { return sum + batch.tasks.size(); });
}

bool Crew::is_loaded(Place const& place) const {
    // The last task that a member holds it begins at once.
    return size() > 1 && held_by(place) > 1 &&
           std::any_of(place.batches.begin(), place.batches.end(),
                       [](Batch const& batch) { return batch.is_loose(); });
}

void Crew::unlist(Member member) {
    Place const& place = at(member);
    if (place.batches.size() < with_.size()) with_.at(place.batches.size()).erase(member);
    loaded_.erase({held_by(place), member});
}

void Crew::list(Member member) {
    Place const& place = at(member);
    if (place.life == Life::down) return;
    bool const takes = place.life == Life::taking && place.chunks_left > 0 && !place.has_given_back &&
                       !resting_.contains(member);
    if (takes && place.batches.size() < with_.size()) with_.at(place.batches.size()).insert(member);
    if (is_loaded(place) && !place.is_asked) loaded_.insert({held_by(place), member});
}

void Crew::forget_empty(Place& place) {
    std::erase_if(place.batches, [](Batch const& batch) { return batch.tasks.empty(); });
    if (place.batches.empty()) place.has_given_back = false;
}

std::vector<Member> Crew::resize(std::size_t size) {
    for (std::uint32_t m = 0; m < places_.size(); ++m) unlist(Member{m});
    std::vector<Member> surplus;
    for (auto m = static_cast<std::uint32_t>(size); m < places_.size(); ++m) {
        if (places_[m].life != Life::taking) continue;
        places_[m].life = Life::retiring;
        surplus.push_back(Member{m});
    }
    size_ = size;
    places_.resize(std::max(size, places_.size()));
    for (std::uint32_t m = 0; m < places_.size(); ++m) list(Member{m});
    return surplus;
}

Crew::UsedUp Crew::up(Member member) {
    assert(!is_up(member));
    bool const is_surplus = member.value >= size_;
    at(member).life = is_surplus ? Life::retiring : Life::taking;
    at(member).chunks_left = lifetime_;
    list(member);
    return is_surplus ? UsedUp::yes : UsedUp::no;
}

std::vector<Crew::Batch> Crew::down(Member member) {
    unlist(member);
    return std::exchange(at(member), {}).batches;
}

void Crew::rest(Member member) {
    unlist(member);
    resting_.insert(member);
    list(member);
}

void Crew::wake(Member member) {
    unlist(member);
    resting_.erase(member);
    list(member);
}

Ticket Crew::next_ticket(Place& place) {
    auto const is_taken = [&](std::uint16_t index) {
        return std::any_of(place.batches.begin(), place.batches.end(), [index](Batch const& batch) {
            return batch.ticket.number != 0 && batch.ticket.place == index;
        });
    };
    std::uint16_t const index = is_taken(0) ? 1 : 0;
    if (index == 1 && is_taken(1)) return {};
    std::uint16_t& number = place.numbers.at(index);
    // 0 is no number.
    number = number == UINT16_MAX ? 1 : static_cast<std::uint16_t>(number + 1);
    return {index, number};
}

Ticket Crew::give(Member member, CallId call, CallLedger::Portion const& portion, Tie tie) {
    unlist(member);
    Place& place = at(member);
    Ticket const ticket = tie == Tie::loose ? next_ticket(place) : Ticket{};
    place.batches.push_back({call, Ranges{portion.tasks}, portion, ticket});
    place.chunks_left -= std::min(portion.chunks(), place.chunks_left);
    list(member);
    return ticket;
}

std::vector<Range> Crew::done(Member member, CallId call, Range tasks) {
    unlist(member);
    std::vector<Range> out;
    Place& place = at(member);
    for (Batch& batch : place.batches) {
        if (batch.call != call) continue;
        auto const pieces = batch.tasks.cut(tasks);
        out.insert(out.end(), pieces.begin(), pieces.end());
    }
    forget_empty(place);
    list(member);
    return out;
}

bool Crew::retires(Member member) {
    Place& place = at(member);
    if (place.life != Life::taking || place.chunks_left > 0 || is_loaded(place)) return false;
    place.life = Life::retiring;
    return true;
}

std::vector<Member> Crew::ask_loaded() {
    std::vector<Member> asked;
    while (asked.size() < idle() && !loaded_.empty()) {
        Member const member = loaded_.rbegin()->second;
        unlist(member);
        at(member).is_asked = true;
        list(member);
        asked.push_back(member);
    }
    return asked;
}

Crew::Batch const& Crew::last_loose(Member member) const {
    auto const& batches = at(member).batches;
    return *std::find_if(batches.rbegin(), batches.rend(),
                         [](Batch const& batch) { return batch.is_loose(); });
}

Crew::Returned Crew::given_back(Member member, Ticket ticket, Range tasks, bool is_all) {
    unlist(member);
    Place& place = at(member);
    place.is_asked = false;
    Returned returned;
    for (Batch& batch : place.batches) {
        if (ticket.number == 0 || batch.ticket.place != ticket.place || batch.ticket.number != ticket.number)
            continue;
        returned = {batch.call, batch.tasks.cut(tasks)};
        batch.is_begun = is_all || returned.tasks.empty();
        if (returned.tasks.empty()) break;
        place.has_given_back = true;
        std::uint64_t const kept = tasks.first - batch.given.tasks.first;
        place.chunks_left += batch.given.chunks() - batch.given.chunks(kept);
        batch.given.tasks.count = kept;
    }
    forget_empty(place);
    list(member);
    return returned;
}

std::optional<TaskId> Crew::oldest_of(Member member) const {
    auto const& batches = at(member).batches;
    if (batches.empty()) return std::nullopt;
    return TaskId{batches.front().call, batches.front().tasks.front().first};
}

std::optional<Member> Crew::with(std::size_t batches) const {
    auto const& members = with_.at(batches);
    if (members.empty()) return std::nullopt;
    return *members.begin();
}

}  // namespace rankpool::schedule
