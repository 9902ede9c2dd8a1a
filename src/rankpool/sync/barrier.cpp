// SPDX-License-Identifier: MIT
#include "rankpool/sync/barrier.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/task/program.hpp"
#include "rankpool/wire/buffer_sink.hpp"

#include <string>

namespace rankpool {
namespace {

using link::Operation;
using link::SharedOutcome;
using sync::Client;

[[noreturn]] void throw_broken(link::SharedAnswer const& answer) {
    std::string why = std::to_string(answer.first) + " of " + std::to_string(answer.second) + " had come";
    if (answer.flags != 0) {
        why = "process " + printable(link::text_of(answer.name)) + " of rank " +
              std::to_string(answer.rank.value) + " has ended while it waited";
    }
    throw BrokenBarrier("the barrier is broken (" + why + "). Reset it before the next round?");
}

}  // namespace

long Barrier::wait_until(Deadline const& deadline) const {
    Client& client = Client::here();
    auto const waiting = deadline.is_never() ? link::Waiting::forever : link::Waiting::limited;
    std::uint64_t const number = client.begin(handle_, {Operation::arrive}, waiting);
    auto reply = client.finish(number, deadline);
    if (reply.head.outcome == SharedOutcome::act) {
        act(number);
        reply = client.finish(number, Deadline::never());
    }
    if (reply.head.outcome != SharedOutcome::done) throw_broken(reply.head);
    return reply.head.first;
}

void Barrier::act(std::uint64_t number) const {
    Client& client = Client::here();
    try {
        wire::Source nothing{std::span<std::byte const>{}};
        wire::BufferSink result;
        task::load(FunctionId{action_ - 1}, nothing)->run(nothing, result);
    } catch (...) {
        client.tell(handle_, {Operation::action_failed}, number);
        client.abandon(number);
        throw;
    }
    client.tell(handle_, {Operation::action_done}, number);
}

void Barrier::abort() const {
    (void)Client::here().ask(handle_, {Operation::abort});
}

void Barrier::reset() const {
    (void)Client::here().ask(handle_, {Operation::reset});
}

long Barrier::parties() const {
    return Client::here().ask(handle_, {Operation::state}).head.first;
}

long Barrier::n_waiting() const {
    return Client::here().ask(handle_, {Operation::state}).head.second;
}

bool Barrier::broken() const {
    return Client::here().ask(handle_, {Operation::state}).head.flags != 0;
}

}  // namespace rankpool
