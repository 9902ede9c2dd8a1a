// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"

namespace rankpool::batch {

/// What a person gave to a job makes no sense: a file that is missing or damaged, options that exclude each
/// other. The program prints the text and ends with exit code 2.
class InputError : public Error {
  public:
    using Error::Error;
};

}  // namespace rankpool::batch
