// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job_base.hpp"

#include <memory>

namespace rankpool::batch {

/// The command `check`: what this program sees where it was started, and what is wrong with that. Its exit
/// code is 1 if something will hurt.
std::unique_ptr<Job> make_check_job();

}  // namespace rankpool::batch
