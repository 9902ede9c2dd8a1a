// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/rank_zero.hpp"

#include "rankpool/core/job_environment.hpp"

namespace rankpool::batch {

bool is_rank_zero() {
    return is_first_rank();
}

}  // namespace rankpool::batch
