// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"

namespace rankpool {

/// Something outside the program, which may pass, has stopped it: a batch run can be started again.
class StoppedFromOutside : public Error {
  public:
    using Error::Error;
};

}  // namespace rankpool
