// SPDX-License-Identifier: MIT
#include "rankpool/shared/pieces.hpp"

#include "rankpool/core/error.hpp"

namespace rankpool::shared {

using link::Operation;
using sync::Client;

std::span<std::byte const> stage(channel::Handle const& object, std::span<std::byte const> bytes) {
    for (; bytes.size() > link::most_shared_bytes; bytes = bytes.subspan(link::most_shared_bytes)) {
        auto const reply =
            Client::here().ask(object, {Operation::stage}, bytes.first(link::most_shared_bytes));
        require_room(reply.head.outcome);
    }
    return bytes;
}

std::vector<std::byte> whole_answer(channel::Handle const& object, Client::Reply reply) {
    auto const size = static_cast<std::size_t>(reply.head.second);
    while (reply.tail.size() < size) {
        auto const more =
            Client::here().ask(object, {Operation::more, static_cast<std::int64_t>(reply.tail.size()),
                                        static_cast<std::int64_t>(reply.head.number)});
        reply.tail.insert(reply.tail.end(), more.tail.begin(), more.tail.end());
    }
    return std::move(reply.tail);
}

void require_room(link::SharedOutcome outcome) {
    if (outcome != link::SharedOutcome::refused) return;
    throw Full("the dict or list has no room for this (it may have no more bytes). Take something out?");
}

}  // namespace rankpool::shared
