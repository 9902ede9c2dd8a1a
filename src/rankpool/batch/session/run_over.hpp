// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"
#include "rankpool/shared/value.hpp"

#include <cstdint>
#include <optional>

namespace rankpool::batch {

class RecordedRun;

/// Whether a run begins no more tasks, told by the main worker to all others: what has been handed out to
/// them ahead is then left undone. Where nobody has begun to tell, it is not over.
class RunOver {
  public:
    /// Begins to, in the main worker.
    void open() { told_.emplace(std::uint8_t{0}); }
    /// To be called often.
    void tell(RecordedRun const& run);
    /// In a worker, before each task: true at most a twentieth of a second after it has been told.
    [[nodiscard]] bool is_told() const;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& told_;
    }

  private:
    std::optional<RawValue<std::uint8_t>> told_;
    mutable bool is_over_ = false;
    mutable std::optional<Clock::time_point> asked_;
};

}  // namespace rankpool::batch
