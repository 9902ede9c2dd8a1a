// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/sink.hpp"

#include <cstdint>

namespace rankpool::wire {

/// Counts the bytes that a value would take and keeps none.
class CountingSink final : public Sink {
  public:
    [[nodiscard]] std::uint64_t count() const { return count_; }

  private:
    void overflow(void const* /*data*/, std::size_t size) override { count_ += size; }

    std::uint64_t count_ = 0;
};

}  // namespace rankpool::wire
