// SPDX-License-Identifier: MIT
#include "rankpool/batch/rank_zero.hpp"

#include <cstdlib>
#include <string_view>

namespace rankpool::batch {

bool is_rank_zero() {
    // In this order: within a Slurm job, mpirun's processes also have the batch script's SLURM_PROCID.
    for (char const* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"}) {
        if (char const* rank = std::getenv(name)) return std::string_view{rank} == "0";
    }
    return true;
}

}  // namespace rankpool::batch
