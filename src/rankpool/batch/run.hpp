// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/progress.hpp"

#include <cstdint>
#include <string>

namespace rankpool::batch {

/// What a job is handed when it runs, besides the context: the ways to talk to the person who started it.
class Run {
  public:
    explicit Run(ProgressStyle style) : style_(style) {}

    /// Shows on stderr how many of `total` things, such as "pairs", are done.
    [[nodiscard]] Progress progress(std::string things, std::uint64_t total) const;

  private:
    ProgressStyle style_;
};

}  // namespace rankpool::batch
