// SPDX-License-Identifier: MIT
#include "rankpool/shared/store.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/sync/client.hpp"
#include "rankpool/worker/current_process.hpp"

namespace rankpool::shared {
namespace {

using link::Operation;
using link::SharedOutcome;
using sync::Client;

Store::Result result_of(channel::Handle const& handle, Client::Reply reply) {
    if (reply.head.outcome == SharedOutcome::refused) {
        throw Full("the dict or list has no room for this (it may have no more bytes). Take something out?");
    }
    auto const size = static_cast<std::size_t>(reply.head.second);
    while (reply.tail.size() < size) {
        auto const more =
            Client::here().ask(handle, {Operation::more, static_cast<std::int64_t>(reply.tail.size()),
                                        static_cast<std::int64_t>(reply.head.number)});
        reply.tail.insert(reply.tail.end(), more.tail.begin(), more.tail.end());
    }
    return {reply.head.outcome, reply.head.first, std::move(reply.tail)};
}

}  // namespace

Store Store::make(link::ObjectKind kind, std::uint64_t limit, Rank where) {
    return Store{
        channel::make_object({.kind = kind, .has_action = 0, .size = limit, .where = where, .reserved = 0})};
}

std::span<std::byte const> Store::stage(std::span<std::byte const> bytes) const {
    while (bytes.size() > link::most_shared_bytes) {
        (void)result_of(
            handle_, Client::here().ask(handle_, {Operation::stage}, bytes.first(link::most_shared_bytes)));
        bytes = bytes.subspan(link::most_shared_bytes);
    }
    return bytes;
}

Store::Result Store::ask(Question const& question, std::span<std::byte const> bytes) const {
    auto const rest = stage(bytes);
    return result_of(
        handle_, Client::here().ask(handle_, {question.operation, question.first, question.second}, rest));
}

Store::Result Store::wait(Question const& question, std::span<std::byte const> bytes,
                          Deadline const& deadline) const {
    auto const rest = stage(bytes);
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
    auto const rest = store.stage(bytes);
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
