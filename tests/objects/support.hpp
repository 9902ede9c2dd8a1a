// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/object.hpp"
#include "rankpool/objects/shared_words.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace rankpool::support {

inline constexpr link::ChannelId object_id{Rank{0}, 7};

inline Address process(std::uint32_t number) {
    return {Rank{1}, Slot{number}, Generation{1}};
}

/// Keeps what objects say.
struct Kept : objects::Replies {
    struct Said {
        Address to;
        link::SharedAnswer answer;
        std::vector<std::byte> tail;
    };

    void answer(Address to, link::SharedAnswer const& answer, std::span<std::byte const> tail) override {
        said.push_back({to, answer, {tail.begin(), tail.end()}});
    }
    void probe(Address owner, link::ChannelId /*object*/, std::span<std::byte const> path) override {
        probes.emplace_back(owner, path.size() / sizeof(link::WaitEdge));
    }
    std::vector<Said> take() { return std::exchange(said, {}); }

    std::vector<Said> said;
    std::vector<std::pair<Address, std::size_t>> probes;
};

inline objects::Ended ended(Address who, bool has_failed = true) {
    return {[who](Address const& other) { return other == who; }, has_failed};
}

inline link::SharedRequest request(link::Operation operation, std::int64_t first = 0,
                                   link::Waiting waiting = link::Waiting::no, std::uint64_t number = 1) {
    link::SharedRequest asked;
    asked.object = object_id;
    asked.operation = operation;
    asked.waiting = waiting;
    asked.number = number;
    asked.first = first;
    return asked;
}

}  // namespace rankpool::support
