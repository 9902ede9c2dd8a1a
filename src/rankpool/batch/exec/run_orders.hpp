// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/shared/value.hpp"

#include <optional>

namespace rankpool::batch {

struct Orders {
    double timeout = 0;           ///< seconds that a command may take; 0: any
    bool all_must_end = false;    ///< those that run are to be told that the end is near
    bool begins_nothing = false;  ///< those that wait for their turn need not any more
};

/// What the main worker tells the workers of a run whose commands run already.
class RunOrders {
  public:
    /// Begins to, in the main worker.
    void open() { told_.emplace(Orders{}); }
    /// To be called often.
    void tell(Orders const& orders);
    /// In a worker: asks for them. None where nobody gives any, or no longer.
    [[nodiscard]] Orders ask() const;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& told_;
    }

  private:
    std::optional<RawValue<Orders>> told_;
    Orders last_;
};

}  // namespace rankpool::batch
