// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace rankpool::pool {

/// Byte strings in a file without a name, in TMPDIR or /tmp, which is made when it is first used and gone
/// with this object or its process. What is taken out gives its room on the disk back.
class Spool {
  public:
    struct Piece {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };

    /// Nothing where the disk takes no more.
    std::optional<Piece> put(std::span<std::byte const> bytes);
    /// Takes a piece out. Throws Error where it cannot be read.
    Buffer take(Piece const& piece);

  private:
    UniqueFd file_;
    std::uint64_t end_ = 0;
    std::uint64_t pieces_ = 0;
};

}  // namespace rankpool::pool
