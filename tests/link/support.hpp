// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/link/link.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace rankpool::link {

/// Both ends of a link in one process.
struct BothEnds {
    BothEnds() {
        Link::Ends ends = Link::make();
        UniqueFd again{::dup(ends.memory.get())};
        supervisor = std::make_unique<Link>(Side::supervisor, std::move(ends.memory),
                                            std::move(ends.supervisor_socket));
        worker = std::make_unique<Link>(Side::worker, std::move(again), std::move(ends.worker_socket));
    }

    std::unique_ptr<Link> supervisor;
    std::unique_ptr<Link> worker;
};

inline FrameHeader header_number(std::uint32_t number) {
    return header_of(FrameKind::part, Address{Rank{1}, Slot{number}, {}}, Address{}, PoolId{number});
}

/// Bytes that tell which they are.
inline std::vector<std::byte> content(std::size_t size, std::uint32_t number) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::byte>((i * 31 + number * 7 + i / 251) & 0xffU);
    return bytes;
}

inline bool is_content(std::span<std::byte const> bytes, std::uint32_t number) {
    auto const expected = content(bytes.size(), number);
    return std::equal(bytes.begin(), bytes.end(), expected.begin());
}

}  // namespace rankpool::link
