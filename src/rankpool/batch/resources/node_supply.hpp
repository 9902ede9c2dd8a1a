// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/resources/needs.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// Bytes of memory that the cgroup and those above it allow, and leave; of version 2 or 1. Nothing where none
/// has a limit.
struct CgroupMemory {
    std::int64_t limit = 0;
    std::int64_t left = 0;
};
std::optional<CgroupMemory> memory_of_cgroups();

/// A line of /proc/meminfo in bytes; 0 where there is none.
std::int64_t memory_info(std::string const& name);

/// What the tasks of a job may have of this node together.
struct NodeSupply {
    std::vector<int> cores;
    std::uint64_t memory = 0;       ///< bytes
    std::vector<std::string> gpus;  ///< as CUDA_VISIBLE_DEVICES has them

    /// What the job was granted: the cores of its mpirun, where one has started it, or else of this process;
    /// the memory that cgroups and Slurm allow;
    /// the GPUs that CUDA_VISIBLE_DEVICES, ROCR_VISIBLE_DEVICES or SLURM_JOB_GPUS name, or else all.
    static NodeSupply here();
    /// Why a task will never get what it needs here; empty where it will.
    [[nodiscard]] std::string lack_for(Needs const& needs) const;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& cores& memory& gpus;
    }
};

}  // namespace rankpool::batch
