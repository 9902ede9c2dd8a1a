// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/run_settings.hpp"
#include "rankpool/core/progress.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rankpool::batch {

/// What a job is handed when it runs, besides the context: the ways to talk to the person who started it.
class JobContext {
  public:
    JobContext(RunSettings settings, Invocation invocation)
        : settings_(std::move(settings)), invocation_(std::move(invocation)) {}

    /// Shows on stderr how many of `total` things, such as "pairs", are done; nothing: nobody knows how many.
    [[nodiscard]] Progress progress(std::string things, std::optional<std::uint64_t> total) const;

    [[nodiscard]] RunSettings const& settings() const { return settings_; }
    [[nodiscard]] Invocation const& invocation() const { return invocation_; }

  private:
    RunSettings settings_;
    Invocation invocation_;
};

}  // namespace rankpool::batch
