// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/command/child_process.hpp"
#include "rankpool/shared/value.hpp"

#include <cstdint>
#include <optional>

namespace rankpool::batch {

/// What the main worker tells the workers of a run whose commands run already.
class RunOrders {
  public:
    /// Begins to, in the main worker.
    void open() { told_.emplace(Told{}); }
    /// `timeout`: seconds that a command may take; 0: any. To be called often.
    void tell(double timeout, bool all_must_end);
    /// In a worker: asks for them. None where nobody tells any, or no longer.
    [[nodiscard]] ChildOrders ask() const;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& told_;
    }

  private:
    struct Told {
        double timeout = 0;
        std::int64_t all_must_end = 0;
    };
    std::optional<RawValue<Told>> told_;
    Told last_;
};

}  // namespace rankpool::batch
