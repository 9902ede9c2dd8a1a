// SPDX-License-Identifier: MIT
#include "rankpool/schedule/crew.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace rankpool::schedule {

Crew::Crew(std::size_t size, std::uint64_t lifetime) : lifetime_{lifetime}, size_{size}, places_(size) {}

void Crew::unlist(Member member) {
    Place const& place = at(member);
    if (place.life != Life::taking) return;
    if (place.batches.size() < with_.size()) with_.at(place.batches.size()).erase(member);
}

void Crew::list(Member member) {
    Place const& place = at(member);
    if (place.life != Life::taking) return;
    if (place.batches.size() < with_.size()) with_.at(place.batches.size()).insert(member);
}

std::vector<Member> Crew::resize(std::size_t size) {
    std::vector<Member> surplus;
    for (auto m = static_cast<std::uint32_t>(size); m < places_.size(); ++m) {
        if (places_[m].life != Life::taking) continue;
        unlist(Member{m});
        places_[m].life = Life::retiring;
        surplus.push_back(Member{m});
    }
    size_ = size;
    places_.resize(std::max(size, places_.size()));
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
    at(member).life = Life::down;
    return std::exchange(at(member).batches, {});
}

Crew::UsedUp Crew::give(Member member, CallId call, Range tasks, std::uint64_t chunks) {
    unlist(member);
    Place& place = at(member);
    place.batches.push_back({call, Ranges{tasks}});
    place.chunks_left -= std::min(chunks, place.chunks_left);
    bool const last = place.life == Life::taking && place.chunks_left == 0;
    if (last) place.life = Life::retiring;
    list(member);
    return last ? UsedUp::yes : UsedUp::no;
}

std::vector<Range> Crew::done(Member member, CallId call, Range tasks) {
    unlist(member);
    std::vector<Range> out;
    auto& batches = at(member).batches;
    for (Batch& batch : batches) {
        if (batch.call != call) continue;
        auto const pieces = batch.tasks.cut(tasks);
        out.insert(out.end(), pieces.begin(), pieces.end());
    }
    std::erase_if(batches, [](Batch const& batch) { return batch.tasks.empty(); });
    list(member);
    return out;
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
