// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"

namespace rankpool::link {

/// What another process has written makes no sense: its memory is damaged. Whoever reads it has come to no
/// harm, and nothing has been done by it.
class Nonsense : public Error {
  public:
    using Error::Error;
};

/// Throws it; `what` is what makes no sense.
[[noreturn]] void refuse(char const* what);

}  // namespace rankpool::link
