// SPDX-License-Identifier: MIT
#include "rankpool/objects/lock_object.hpp"

#include <vector>

namespace rankpool::objects {
namespace {

using link::Operation;
using link::SharedOutcome;
using link::SharedRequest;
using link::WaitEdge;
using link::Waiting;

constexpr std::int64_t most_depth = std::int64_t{1} << 40U;

std::vector<WaitEdge> edges_in(std::span<std::byte const> bytes) {
    std::size_t const count = bytes.size() / sizeof(WaitEdge);
    if (count == 0 || count > link::most_edges || bytes.size() % sizeof(WaitEdge) != 0) {
        link::refuse("a chain of waiting processes that cannot be");
    }
    std::vector<WaitEdge> edges(count);
    std::memcpy(edges.data(), bytes.data(), bytes.size());
    return edges;
}

}  // namespace

void LockObject::on_request(Address from, SharedRequest const& request, std::span<std::byte const> tail) {
    if (request.operation == Operation::map_word) return tell_word(from, request);
    keep();
    obey(from, request, tail);
    let_go();
}

/// Learns who has taken the lock without asking.
void LockObject::keep() {
    std::uint32_t const token = share_.lock() ? share_.lock()->keep() : 0;
    if (token == 0) return;
    owner_ = share_.words().process_of(token);
    owner_name_ = share_.words().name_of(token);
    since_ = share_.lock()->taken_at();
    depth_ = 1;
    if (!owner_) lose_owner();
}

void LockObject::let_go() {
    // Who gets it from a dead owner is to be told.
    bool const is_free = !owner_ && waiting_.is_empty() && !owner_died_;
    if (share_.lock() && is_free) share_.lock()->let_go();
}

void LockObject::tell_word(Address from, SharedRequest const& request) {
    if (!share_.lock()) return answer(from, request.number, SharedOutcome::refused);
    SharedWords& words = share_.words();
    link::SharedAnswer const found{.number = request.number,
                                   .outcome = SharedOutcome::done,
                                   .flags = kind_ == Kind::recursive ? link::is_recursive : 0,
                                   .first = share_.index(),
                                   .second = words.token_of(from, request.name)};
    replies().answer(from, found, link::bytes_of(words.told_place()));
}

void LockObject::obey(Address from, SharedRequest const& request, std::span<std::byte const> tail) {
    switch (request.operation) {
        case Operation::acquire:
            return acquire(from, request);
        case Operation::release:
            return release(from, request);
        case Operation::state: {
            bool const is_senders = owner_ == from;
            std::uint32_t const flags =
                (is_senders ? link::held_by_sender : 0) | (is_senders && owner_died_ ? link::owner_died : 0);
            return answer(from, request.number, SharedOutcome::done, deaths_, depth_, flags);
        }
        case Operation::give_up:
            if (waiting_.remove(from, request.number)) answer(from, request.number, SharedOutcome::late);
            return;
        case Operation::probe:
            return pass_probe(from, request, tail);
        case Operation::deadlock:
            return tell_deadlock(request, tail);
        default:
            link::refuse("a request that no lock knows");
    }
}

void LockObject::acquire(Address from, SharedRequest const& request) {
    if (request.first < 1 || request.first > most_depth) link::refuse("a lock taken a wrong number of times");
    bool const is_again = kind_ == Kind::recursive && owner_ == from;
    if (!owner_ || is_again) {
        if (depth_ > most_depth) link::refuse("a lock taken too often");
        return grant({from, request.number, request.waiting, request.first, request.name, {}});
    }
    if (request.waiting == Waiting::no) return answer(from, request.number, SharedOutcome::late);
    WaitEdge const edge{from, id(), 0, request.number, request.name};
    if (request.waiting == Waiting::forever && owner_ == from) {
        return replies().answer(from, {.number = request.number, .outcome = SharedOutcome::deadlock},
                                link::bytes_of(edge));
    }
    waiting_.join(from, request);
    if (request.waiting == Waiting::forever) replies().probe(*owner_, id(), link::bytes_of(edge));
}

void LockObject::grant(WaitingRequest const& to) {
    if (owner_ != to.process) since_ = Clock::now();
    owner_ = to.process;
    owner_name_ = to.name;
    depth_ += to.amount;
    answer(to.process, to.number, SharedOutcome::done, 0, 0, owner_died_ ? link::owner_died : 0);
}

/// `first` is how often it is to be released, 0: wholly; the answer's is how often it was.
void LockObject::release(Address from, SharedRequest const& request) {
    bool const may = owner_ && (kind_ == Kind::plain || owner_ == from);
    if (!may) return answer(from, request.number, SharedOutcome::refused);
    std::int64_t const times = request.first == 0 ? depth_ : 1;
    depth_ -= times;
    answer(from, request.number, SharedOutcome::done, times);
    if (depth_ > 0) return;
    owner_.reset();
    owner_died_ = false;
    grant_next();
}

void LockObject::grant_next() {
    if (!waiting_.is_empty()) grant(waiting_.take_first());
}

void LockObject::processes_ended(Ended const& ended) {
    keep();
    (void)waiting_.remove(ended);
    if (owner_ && ended.is_gone(*owner_)) lose_owner();
    let_go();
}

void LockObject::note_holdings(std::vector<link::HoldingNote>& notes) const {
    auto const kind = kind_ == Kind::recursive ? link::ObjectKind::rlock : link::ObjectKind::lock;
    auto const note = [&](Address owner, link::ProcessName const& name, std::int64_t depth,
                          std::optional<Clock::time_point> since) {
        notes.push_back({.object = id(),
                         .kind = kind,
                         .process = owner,
                         .amount = depth,
                         .milliseconds = since ? milliseconds_since(*since) : -1,
                         .name = name});
    };
    std::uint32_t const token = share_.lock() ? share_.lock()->token() : 0;
    auto const by_word = share_.words().process_of(token);
    if (owner_) note(*owner_, owner_name_, depth_, since_);
    if (!owner_ && by_word) note(*by_word, share_.words().name_of(token), 1, share_.lock()->taken_at());
    waiting_.note(id(), kind, notes);
}

void LockObject::lose_owner() {
    owner_.reset();
    depth_ = 0;
    owner_died_ = true;
    ++deaths_;
    grant_next();
}

/// The sender was asked because it holds a lock that others wait for, and waits here itself.
void LockObject::pass_probe(Address from, SharedRequest const& request, std::span<std::byte const> path) {
    WaitEdge const last = edges_in(path).back();
    if (last.process != from || last.waits_for != id()) link::refuse("a chain of others");
    if (owner_ && waiting_.find(from, request.number)) replies().probe(*owner_, id(), path);
}

/// `first` is the place in the cycle of who is to be told; it may have been told already.
void LockObject::tell_deadlock(SharedRequest const& request, std::span<std::byte const> cycle) {
    auto const edges = edges_in(cycle);
    if (request.first < 0 || static_cast<std::size_t>(request.first) >= edges.size()) {
        link::refuse("a place that is not in the cycle");
    }
    WaitEdge const& told = edges[static_cast<std::size_t>(request.first)];
    if (told.waits_for != id() || !waiting_.remove(told.process, told.number)) return;
    replies().answer(told.process, {.number = told.number, .outcome = SharedOutcome::deadlock}, cycle);
}

}  // namespace rankpool::objects
