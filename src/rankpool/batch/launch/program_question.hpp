// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/launch/time_question.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rankpool::batch {

class ChildProcess;

/// Asks a batch system by a program of its.
class ProgramQuestion final : public TimeQuestion {
  public:
    using Reader = std::function<TimeAnswer(std::string const& out)>;

    /// Starts `words`, whose stdout `read` understands; `program`: what it is called when it fails.
    ProgramQuestion(std::vector<std::string> const& words, std::string program, Reader read);
    ~ProgramQuestion() override;

    std::optional<TimeAnswer> take(Deadline const& deadline) override;

  private:
    std::string program_;
    Reader read_;
    std::unique_ptr<ChildProcess> child_;
    std::string problem_;
    Deadline patience_;
};

}  // namespace rankpool::batch
