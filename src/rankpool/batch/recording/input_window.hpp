// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/monitor/tally.hpp"

#include <cstddef>
#include <cstdint>

namespace rankpool::batch {

/// How many inputs may be on their way: enough to keep all workers busy, few enough to stop soon.
class InputWindow {
  public:
    explicit InputWindow(int workers) : workers_(static_cast<std::uint64_t>(workers)) {}

    /// A result of about so many bytes has come.
    void note_size(std::size_t bytes) { result_bytes_ += static_cast<double>(bytes); }

    /// By what tasks took so far. `is_end_near`: none should wait for another to end.
    [[nodiscard]] std::uint64_t size(Tally const& tally, bool is_end_near) const;

  private:
    std::uint64_t workers_;
    double result_bytes_ = 0;
};

}  // namespace rankpool::batch
