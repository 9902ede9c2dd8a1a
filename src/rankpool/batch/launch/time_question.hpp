// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <optional>
#include <string>

namespace rankpool::batch {

/// What a batch system answers when it is asked how long this job may still run.
struct TimeAnswer {
    std::optional<double> seconds = {};  ///< nothing: without end
    std::optional<double> whole = {};    ///< seconds of the job's limit, where that is known from this
    std::string problem = {};            ///< why there is no answer, or empty
};

/// What a batch system has been asked, without waiting for it.
class TimeQuestion {
  public:
    TimeQuestion() = default;
    TimeQuestion(TimeQuestion const&) = delete;
    TimeQuestion& operator=(TimeQuestion const&) = delete;
    virtual ~TimeQuestion() = default;

    /// The answer, once, if it has come by the deadline, or it is clear that none will come.
    virtual std::optional<TimeAnswer> take(Deadline const& deadline) = 0;
};

}  // namespace rankpool::batch
