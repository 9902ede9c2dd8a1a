// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool::batch {

/// True in the process that will be rank 0, by what mpirun or srun left in the environment; also without
/// either.
bool is_rank_zero();

}  // namespace rankpool::batch
