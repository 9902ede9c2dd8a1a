// SPDX-License-Identifier: MIT
#include "rankpool/schedule/members.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace rankpool::schedule {

Members::Members(std::size_t size, std::uint64_t lifetime)
    : lifetime_{lifetime}, size_{size}, entries_(size) {}

std::uint64_t Members::held_by(Entry const& entry) {
    return std::accumulate(entry.batches.begin(), entry.batches.end(), std::uint64_t{0},
                           [](std::uint64_t sum, Batch const& batch) { return sum + batch.tasks.size(); });
}

bool Members::is_loaded(Entry const& entry) const {
    // The last task that a member holds it begins at once.
    return size() > 1 && held_by(entry) > 1 &&
           std::any_of(entry.batches.begin(), entry.batches.end(),
                       [](Batch const& batch) { return batch.is_loose(); });
}

void Members::unlist(Member member) {
    Entry const& entry = at(member);
    if (entry.batches.size() < with_.size()) with_.at(entry.batches.size()).erase(member);
    loaded_.erase({held_by(entry), member});
}

void Members::list(Member member) {
    Entry const& entry = at(member);
    if (entry.life == Life::down) return;
    bool const takes = entry.life == Life::taking && entry.chunks_left > 0 && !entry.has_given_back &&
                       !resting_.contains(member);
    if (takes && entry.batches.size() < with_.size()) with_.at(entry.batches.size()).insert(member);
    if (is_loaded(entry) && !entry.is_asked) loaded_.insert({held_by(entry), member});
}

void Members::forget_empty(Entry& entry) {
    std::erase_if(entry.batches, [](Batch const& batch) { return batch.tasks.empty(); });
    if (entry.batches.empty()) entry.has_given_back = false;
}

std::vector<Member> Members::resize(std::size_t size) {
    for (std::uint32_t m = 0; m < entries_.size(); ++m) unlist(Member{m});
    std::vector<Member> surplus;
    for (auto m = static_cast<std::uint32_t>(size); m < entries_.size(); ++m) {
        if (entries_[m].life != Life::taking) continue;
        entries_[m].life = Life::retiring;
        surplus.push_back(Member{m});
    }
    size_ = size;
    entries_.resize(std::max(size, entries_.size()));
    for (std::uint32_t m = 0; m < entries_.size(); ++m) list(Member{m});
    return surplus;
}

Members::UsedUp Members::up(Member member) {
    assert(!is_up(member));
    bool const is_surplus = member.value >= size_;
    at(member).life = is_surplus ? Life::retiring : Life::taking;
    at(member).chunks_left = lifetime_;
    list(member);
    return is_surplus ? UsedUp::yes : UsedUp::no;
}

std::vector<Members::Batch> Members::down(Member member) {
    unlist(member);
    return std::exchange(at(member), {}).batches;
}

void Members::rest(Member member) {
    unlist(member);
    resting_.insert(member);
    list(member);
}

void Members::wake(Member member) {
    unlist(member);
    resting_.erase(member);
    list(member);
}

Ticket Members::next_ticket(Entry& entry) {
    auto const is_taken = [&](std::uint16_t index) {
        return std::any_of(entry.batches.begin(), entry.batches.end(), [index](Batch const& batch) {
            return batch.ticket.number != 0 && batch.ticket.place == index;
        });
    };
    std::uint16_t const index = is_taken(0) ? 1 : 0;
    if (index == 1 && is_taken(1)) return {};
    std::uint16_t& number = entry.numbers.at(index);
    // 0 is no number.
    number = number == UINT16_MAX ? 1 : static_cast<std::uint16_t>(number + 1);
    return {index, number};
}

Ticket Members::give(Member member, CallId call, CallLedger::Portion const& portion, Tie tie) {
    unlist(member);
    Entry& entry = at(member);
    Ticket const ticket = tie == Tie::loose ? next_ticket(entry) : Ticket{};
    entry.batches.push_back({call, Ranges{portion.tasks}, portion, ticket});
    entry.chunks_left -= std::min(portion.chunks(), entry.chunks_left);
    list(member);
    return ticket;
}

std::vector<Range> Members::done(Member member, CallId call, Range tasks) {
    unlist(member);
    std::vector<Range> out;
    Entry& entry = at(member);
    for (Batch& batch : entry.batches) {
        if (batch.call != call) continue;
        auto const pieces = batch.tasks.cut(tasks);
        out.insert(out.end(), pieces.begin(), pieces.end());
    }
    forget_empty(entry);
    list(member);
    return out;
}

bool Members::retires(Member member) {
    Entry& entry = at(member);
    if (entry.life != Life::taking || entry.chunks_left > 0 || is_loaded(entry)) return false;
    entry.life = Life::retiring;
    return true;
}

std::vector<Member> Members::ask_loaded() {
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

Members::Batch const& Members::last_loose(Member member) const {
    auto const& batches = at(member).batches;
    return *std::find_if(batches.rbegin(), batches.rend(),
                         [](Batch const& batch) { return batch.is_loose(); });
}

Members::Returned Members::given_back(Member member, Ticket ticket, Range tasks, bool is_all) {
    unlist(member);
    Entry& entry = at(member);
    entry.is_asked = false;
    Returned returned;
    for (Batch& batch : entry.batches) {
        if (ticket.number == 0 || batch.ticket.place != ticket.place || batch.ticket.number != ticket.number)
            continue;
        returned = {batch.call, batch.tasks.cut(tasks)};
        batch.is_begun = is_all || returned.tasks.empty();
        if (returned.tasks.empty()) break;
        entry.has_given_back = true;
        std::uint64_t const kept = tasks.first - batch.given.tasks.first;
        entry.chunks_left += batch.given.chunks() - batch.given.chunks(kept);
        batch.given.tasks.count = kept;
    }
    forget_empty(entry);
    list(member);
    return returned;
}

std::uint64_t Members::held_of(Member member, CallId call, Range tasks) const {
    auto const& batches = at(member).batches;
    return std::accumulate(batches.begin(), batches.end(), std::uint64_t{0},
                           [&](std::uint64_t sum, Batch const& batch) {
                               return batch.call == call ? sum + batch.tasks.count_in(tasks) : sum;
                           });
}

std::optional<TaskId> Members::oldest_of(Member member) const {
    auto const& batches = at(member).batches;
    if (batches.empty()) return std::nullopt;
    return TaskId{batches.front().call, batches.front().tasks.front().first};
}

std::optional<Member> Members::with(std::size_t batches) const {
    auto const& members = with_.at(batches);
    if (members.empty()) return std::nullopt;
    return *members.begin();
}

}  // namespace rankpool::schedule
