// SPDX-License-Identifier: MIT
#include "rankpool/sync/client.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/sync/word_user.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace rankpool::sync {
namespace {

using link::FrameKind;
using link::Operation;
using link::SharedOutcome;
using link::WaitEdge;
using link::Waiting;

std::string name_of(link::ChannelId const& lock) {
    return "lock " + std::to_string(lock.number) + " of rank " + std::to_string(lock.home.value);
}

std::vector<WaitEdge> edges_in(std::span<std::byte const> bytes) {
    std::vector<WaitEdge> edges(bytes.size() / sizeof(WaitEdge));
    std::memcpy(edges.data(), bytes.data(), edges.size() * sizeof(WaitEdge));
    return edges;
}

[[noreturn]] void throw_deadlock(std::span<std::byte const> cycle) {
    auto const edges = edges_in(cycle);
    std::string who;
    for (std::size_t i = 0; i < edges.size(); ++i) {
        WaitEdge const& edge = edges[i];
        if (i > 0) who += "; ";
        who += printable(link::text_of(edge.name)) + " on rank " + std::to_string(edge.process.rank.value) +
               " holds " + name_of(edges[(i + edges.size() - 1) % edges.size()].waits_for) +
               " and waits for " + name_of(edge.waits_for);
    }
    throw DeadlockError("cannot wait for this lock (nobody could ever release it: " + who +
                        "). Take locks in the same order everywhere, or wait with a timeout?");
}

}  // namespace

Client& Client::here() {
    // Lives until the process ends, since handles may.
    static auto* const the_one = new Client(worker::this_worker().mailbox);
    return *the_one;
}

Client::Client(worker::Mailbox& mailbox) : mailbox_(mailbox) {
    mailbox_.enlist(link::shared_pool, *this);
}

void Client::send(link::ChannelId object, Question const& question, Waiting waiting, std::uint64_t number,
                  std::span<std::byte const> tail) {
    link::SharedRequest const request{.object = object,
                                      .operation = question.operation,
                                      .waiting = waiting,
                                      .number = number,
                                      .first = question.first,
                                      .second = question.second,
                                      .name = link::process_name(worker::this_worker().name)};
    mailbox_.send(FrameKind::shared_ask, mailbox_.supervisor(), link::shared_pool, {}, request, tail);
}

std::uint64_t Client::begin(channel::Handle const& object, Question const& question, Waiting waiting,
                            std::span<std::byte const> tail) {
    object.endpoint().require_open();
    return begin(object.endpoint().end().channel, question, waiting, tail);
}

std::uint64_t Client::begin(link::ChannelId object, Question const& question, Waiting waiting,
                            std::span<std::byte const> tail) {
    mailbox_.require_free();
    std::uint64_t const number = ++asked_;
    // First: who asks whether this process waits is told the truth.
    pending_[number] = {object, question, waiting};
    send(object, question, waiting, number, tail);
    return number;
}

std::uint64_t Client::begin(Rank home, Question const& question) {
    return begin(link::ChannelId{home, 0}, question, Waiting::no, {});
}

Client::Reply Client::ask(channel::Handle const& object, Question const& question,
                          std::span<std::byte const> tail) {
    return take_answer(begin(object, question, Waiting::no, tail));
}

Client::Reply Client::take_answer(std::uint64_t number) {
    mailbox_.wait_inside([&] { return answers_.contains(number); });
    return take(number);
}

Client::Reply Client::wait(channel::Handle const& object, Question const& question,
                           Deadline const& deadline) {
    if (deadline.passed()) return ask(object, question);
    Waiting const waiting = deadline.is_never() ? Waiting::forever : Waiting::limited;
    return finish(begin(object, question, waiting), deadline);
}

Client::Reply Client::finish(std::uint64_t number, Deadline const& deadline) {
    auto const is_answered = [&] { return answers_.contains(number); };
    try {
        if (!mailbox_.wait(is_answered, deadline)) {
            if (auto const pending = pending_.find(number); pending != pending_.end()) {
                send(pending->second.object, {Operation::give_up}, Waiting::no, number);
            }
            mailbox_.wait_inside(is_answered);
        }
    } catch (...) {
        abandon(number);
        throw;
    }
    return take(number);
}

void Client::abandon(std::uint64_t number) {
    auto const answered = answers_.extract(number);
    auto const pending = pending_.find(number);
    if (pending == pending_.end()) return;
    pending->second.is_abandoned = true;
    if (answered.empty()) return send(pending->second.object, {Operation::give_up}, Waiting::no, number);
    auto const head = answered.mapped().head;
    undo(number, pending->second, head);
    // The end of a barrier's round is still to come.
    if (head.outcome != SharedOutcome::act) pending_.erase(pending);
}

void Client::tell(channel::Handle const& object, Question const& question, std::uint64_t number) {
    send(object.endpoint().end().channel, question, Waiting::no, number);
}

Client::Reply Client::take(std::uint64_t number) {
    Reply reply = std::move(answers_.extract(number).mapped());
    if (reply.head.outcome != SharedOutcome::act) pending_.erase(number);
    switch (reply.head.outcome) {
        case SharedOutcome::closed:
            throw ClosedError(
                "cannot use this shared object (the rank where it was made is lost, or nobody held it any "
                "more). Make it on rank 0?");
        case SharedOutcome::deadlock:
            throw_deadlock(reply.tail);
        default:
            return reply;
    }
}

void Client::on_frame(link::Frame const& frame) {
    if (frame.header.kind == FrameKind::shared_answer) return on_answer(frame);
    if (frame.header.kind == FrameKind::shared_probe) return on_probe(frame);
}

void Client::on_answer(link::Frame const& frame) {
    auto const head = frame.head<FrameKind::shared_answer>();
    auto const pending = pending_.find(head.number);
    if (pending == pending_.end()) return;
    if (pending->second.is_abandoned) {
        undo(head.number, pending->second, head);
        pending_.erase(pending);
        return;
    }
    note_lock(pending->second, head);
    auto const tail = frame.tail<FrameKind::shared_answer>();
    answers_[head.number] = {head, {tail.begin(), tail.end()}};
}

void Client::note_lock(Pending const& pending, link::SharedAnswer const& answer) {
    if (answer.outcome != SharedOutcome::done) return;
    if (pending.question.operation == Operation::acquire) locks_[pending.object] += pending.question.first;
    if (pending.question.operation != Operation::release) return;
    auto const held = locks_.find(pending.object);
    // Another may have released it in place of its owner.
    if (held != locks_.end() && (held->second -= answer.first) <= 0) locks_.erase(held);
}

/// What nobody waits for any more has come all the same.
void Client::undo(std::uint64_t number, Pending const& pending, link::SharedAnswer const& answer) {
    if (answer.outcome == SharedOutcome::act)
        return send(pending.object, {Operation::action_failed}, Waiting::no, number);
    if (answer.outcome != SharedOutcome::done) return;
    if (pending.question.operation == Operation::acquire)
        return send(pending.object, {Operation::release, pending.question.first}, Waiting::no, 0);
    if (pending.question.operation == Operation::acquire_unit)
        return send(pending.object, {Operation::release_units, 1}, Waiting::no, 0);
    if (pending.question.operation == Operation::wait)
        return send(pending.object, {Operation::taken, 1}, Waiting::no, number);
}

/// Others wait for a lock that this process holds. Where it waits as well, they wait for that in the end.
void Client::on_probe(link::Frame const& frame) {
    if (!holds(frame.head<FrameKind::shared_probe>().object)) return;
    auto path = edges_in(frame.tail<FrameKind::shared_probe>());
    // They come from workers, which may be damaged.
    bool const is_sound = std::all_of(path.begin(), path.end(), [this](WaitEdge const& edge) {
        return edge.waits_for.home.value >= 0 && edge.waits_for.home.value < mailbox_.welcome().ranks;
    });
    if (!is_sound) return;
    auto const own = std::find_if(path.begin(), path.end(),
                                  [this](WaitEdge const& edge) { return edge.process == mailbox_.self(); });
    if (own != path.end()) {
        bool const still_waits = pending_.contains(own->number) && !answers_.contains(own->number);
        if (still_waits) tell_deadlock({own, path.end()});
        return;
    }
    if (path.size() >= link::most_edges) return;
    for (auto const& [number, pending] : pending_) {
        bool const is_edge = pending.question.operation == Operation::acquire &&
                             pending.waiting == Waiting::forever && !pending.is_abandoned &&
                             !answers_.contains(number);
        if (!is_edge) continue;
        path.push_back(
            {mailbox_.self(), pending.object, 0, number, link::process_name(worker::this_worker().name)});
        send(pending.object, {Operation::probe}, Waiting::no, number, std::as_bytes(std::span{path}));
        path.pop_back();
    }
}

bool Client::holds(link::ChannelId lock) const {
    auto const user = word_users_.find(lock);
    return locks_.contains(lock) || (user != word_users_.end() && user->second->holds_lock());
}

std::shared_ptr<link::SharedMemory> Client::word_memory(Rank home, link::WordPlace const& place) {
    auto const [place_of, is_new] = word_memories_.try_emplace(home);
    auto& known = place_of->second;
    if (is_new) known = link::SharedMemory::open(place.pid, place.fd, place.secret);
    return known;
}

bool Client::may_have_words(Rank home) const {
    auto const known = word_memories_.find(home);
    return known == word_memories_.end() || known->second;
}

/// Whoever finds the cycle, the same one of it is told.
void Client::tell_deadlock(std::span<WaitEdge const> cycle) {
    auto const told = std::max_element(cycle.begin(), cycle.end(),
                                       [](auto const& a, auto const& b) { return a.process < b.process; });
    send(told->waits_for, {Operation::deadlock, told - cycle.begin()}, Waiting::no, told->number,
         std::as_bytes(cycle));
}

void Client::on_rank_lost(Rank rank) {
    for (auto const& [number, pending] : pending_) {
        if (pending.object.home != rank || answers_.contains(number)) continue;
        answers_[number] = {{.number = number, .outcome = SharedOutcome::closed}, {}};
    }
    std::erase_if(pending_, [rank](auto const& entry) {
        return entry.second.is_abandoned && entry.second.object.home == rank;
    });
    for (auto const& [object, user] : word_users_) {
        if (object.home == rank) user->forget();
    }
    std::erase_if(locks_, [rank](auto const& held) { return held.first.home == rank; });
}

}  // namespace rankpool::sync
