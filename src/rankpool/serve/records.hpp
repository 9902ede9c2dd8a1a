// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"
#include "rankpool/protocol/messages.hpp"

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace rankpool::worker {

/// Reads a payload's records one after the other.
class Records {
  public:
    explicit Records(std::span<std::byte const> bytes) : bytes_(bytes) {}

    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    /// The next record, or nothing where its task has no value.
    std::optional<std::span<std::byte const>> next() {
        std::uint32_t length = 0;
        if (bytes_.size() < sizeof length) throw Error("a message ends in the middle of a record");
        std::memcpy(&length, bytes_.data(), sizeof length);
        bytes_ = bytes_.subspan(sizeof length);
        if (length == link::no_value) return std::nullopt;
        if (bytes_.size() < length) throw Error("a message ends in the middle of a record");
        auto const record = bytes_.first(length);
        bytes_ = bytes_.subspan(length);
        return record;
    }

  private:
    std::span<std::byte const> bytes_;
};

}  // namespace rankpool::worker
