// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/messages.hpp"

#include <cstddef>
#include <optional>

namespace rankpool::worker {

/// Bytes of this process that another one on the same node may read while this lives. They must not change
/// meanwhile.
class CrossMemory {
  public:
    CrossMemory(void const* data, std::size_t size);
    CrossMemory(CrossMemory const&) = delete;
    ~CrossMemory();

    [[nodiscard]] link::Lent const& terms() const { return terms_; }

  private:
    link::Lent terms_;
};

/// Copies the first `size` of the lent bytes; false where this process cannot or may not read the other's
/// memory, or where it is not the one that lent them: on another node, after the lender's death, in a
/// container.
bool take_lent(link::Lent const& lent, void* to, std::size_t size);

}  // namespace rankpool::worker
