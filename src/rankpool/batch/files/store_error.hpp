// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"

namespace rankpool::batch {

/// The results cannot be stored for now: the disk is full or broken. What was committed is safe, and the run
/// can be resumed.
class StoreError : public Error {
  public:
    using Error::Error;
};

/// Another process holds the database, which passes.
class DatabaseBusy : public StoreError {
  public:
    using StoreError::StoreError;
};

}  // namespace rankpool::batch
