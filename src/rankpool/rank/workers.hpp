// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"

namespace rankpool::supervisor {

/// The worker processes of this rank, as far as services start and end some.
class Workers {
  public:
    virtual ~Workers() = default;

    /// It has its link, and has not ended.
    [[nodiscard]] virtual bool is_alive(Address worker) const = 0;
    /// A process that is to run what `Process` was given. Whether it can be had is told later.
    virtual Address start_process() = 0;
    /// Nothing, if it is not alive.
    virtual void signal(Address worker, int number) = 0;
};

}  // namespace rankpool::supervisor
