// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

class ChildProcess;

/// What a batch system answers when it is asked how long this job may still run.
struct TimeAnswer {
    std::optional<double> seconds = {};  ///< nothing: without end
    std::optional<double> whole = {};    ///< seconds of the job's limit, where that is known from this
    std::string problem = {};            ///< why there is no answer, or empty
};

/// Asks a batch system by a program of its, without waiting for it.
class TimeQuestion {
  public:
    using Reader = std::function<TimeAnswer(std::string const& out)>;

    /// Starts `words`, whose stdout `read` understands; `program`: what it is called when it fails.
    TimeQuestion(std::vector<std::string> const& words, std::string program, Reader read);
    ~TimeQuestion();

    /// The answer, once, if it has come by the deadline, or it is clear that none will come.
    std::optional<TimeAnswer> take(Deadline const& deadline);

  private:
    std::string program_;
    Reader read_;
    std::unique_ptr<ChildProcess> child_;
    std::string problem_;
    Deadline patience_;
};

}  // namespace rankpool::batch
