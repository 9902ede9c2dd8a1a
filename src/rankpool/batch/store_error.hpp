// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"

namespace rankpool::batch {

/// The results cannot be stored any more: the disk is full or broken. What was committed is safe.
class StoreError : public Error {
  public:
    using Error::Error;
};

}  // namespace rankpool::batch
