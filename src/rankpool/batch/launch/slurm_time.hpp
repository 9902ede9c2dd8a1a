// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <memory>
#include <optional>
#include <string>

namespace rankpool::batch {

class ChildProcess;

/// Seconds in what Slurm calls a time: `1-02:03:04`, `02:03:04`, `03:04`. Nothing where it is no time, as in
/// `UNLIMITED`, `INVALID` and `NOT_SET`.
std::optional<double> parse_slurm_time(std::string const& text);

/// What Slurm answers when it is asked how long this job may still run.
struct SlurmAnswer {
    std::optional<double> seconds;  ///< nothing: without end
    std::string problem;            ///< why there is no answer, or empty
};

/// Asks Slurm by `squeue` how long this job may still run, without waiting for it.
class SlurmQuestion {
  public:
    SlurmQuestion();
    ~SlurmQuestion();

    /// True in a job of Slurm's.
    [[nodiscard]] static bool makes_sense();
    /// The answer, once, if it has come by the deadline, or it is clear that none will come.
    std::optional<SlurmAnswer> take(Deadline const& deadline);

  private:
    std::unique_ptr<ChildProcess> squeue_;
    std::string problem_;
    Deadline patience_;
};

}  // namespace rankpool::batch
