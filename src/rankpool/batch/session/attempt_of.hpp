// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/session/measurement.hpp"
#include "rankpool/batch/store/attempt.hpp"
#include "rankpool/pool/call.hpp"

#include <exception>

namespace rankpool::batch {

/// The attempt that its worker has told about; task, number, rank and host are left to the caller.
Attempt attempt_of(Measurement const& measurement);

/// The attempt that ended with this error instead of an answer: a lost worker, a time-out, or a value that
/// could not travel.
Attempt attempt_of(std::exception_ptr const& error, pool::TaskReport const& report);

}  // namespace rankpool::batch
