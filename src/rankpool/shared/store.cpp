// SPDX-License-Identifier: MIT
#include "rankpool/shared/store.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/shared/pieces.hpp"
#include "rankpool/worker/current_process.hpp"

namespace rankpool::shared {
namespace {

using sync::Client;

Store::Result result_of(channel::Handle const& handle, Client::Reply reply) {
    require_room(reply.head.outcome);
    auto const head = reply.head;
    return {head.outcome, head.first, whole_answer(handle, std::move(reply))};
}

}  // namespace

Store Store::make(link::ObjectKind kind, std::uint64_t limit, Rank where) {
    return Store{channel::make_object(
        {.kind = kind, .has_action = 0, .size = limit, .where = where, .may_be_mapped = 0})};
}

Store::Result Store::ask(Question const& question, std::span<std::byte const> bytes) const {
    auto const rest = stage(handle_, bytes);
    return result_of(
        handle_, Client::here().ask(handle_, {question.operation, question.first, question.second}, rest));
}

Store::Result Store::wait(Question const& question, std::span<std::byte const> bytes,
                          Deadline const& deadline) const {
    auto const rest = stage(handle_, bytes);
    auto const waiting = deadline.is_never() ? link::Waiting::forever : link::Waiting::limited;
    Client& client = Client::here();
    std::uint64_t const number =
        client.begin(handle_, {question.operation, question.first, question.second}, waiting, rest);
    return result_of(handle_, client.finish(number, deadline));
}

Pipeline::~Pipeline() {
    for (auto const& [store, number] : asked_) Client::here().abandon(number);
}

void Pipeline::add(Store const& store, Store::Question const& question, std::span<std::byte const> bytes) {
    constexpr std::size_t most = 256;
    if (asked_.size() == most) take_first();
    auto const rest = stage(store.handle_, bytes);
    asked_.push_back(
        {store, Client::here().begin(store.handle_, {question.operation, question.first, question.second},
                                     link::Waiting::no, rest)});
}

void Pipeline::finish() {
    while (!asked_.empty()) take_first();
}

void Pipeline::take_first() {
    auto const [store, number] = asked_.front();
    asked_.pop_front();
    take_(result_of(store.handle_, Client::here().take_answer(number)));
}

/// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv).
std::size_t hash_of(std::span<std::byte const> bytes) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (std::byte const byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3U;
    return hash ^ (hash >> 32U);
}

void throw_as_remote() {
    CaughtError caught = describe_current_exception();
    CurrentProcess const self = current_process();
    throw RemoteError(std::move(caught.type_name), std::move(caught.message),
                      Origin{self.rank(), self.host(), 0});
}

void keep(worker::Pins const& pins) {
    static auto* const kept = new worker::Pins;
    kept->insert(pins.begin(), pins.end());
}

}  // namespace rankpool::shared
