// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/std_types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// What a rank finds where it is.
struct RankFacts {
    int rank = 0;
    std::string host;
    int cores_of_host = 0;
    std::vector<int> cores;               ///< that it may use
    std::int64_t memory = 0;              ///< bytes that are free on the host, or left to its cgroup
    bool is_memory_limited = false;       ///< by a cgroup
    std::int64_t shared_memory = 0;       ///< free bytes in /dev/shm
    std::vector<std::string> transports;  ///< Open MPI's components that its supervisor has loaded
    bool has_fast_network = false;        ///< InfiniBand or alike
    bool sees_folder = false;             ///< the file that rank 0 has made in the run's folder
    bool opens_memory = false;            ///< workers may open what their supervisor holds
    std::uint64_t process_space = 0;  ///< ranks of a host for which it is the same see each other's processes

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& rank& host& cores_of_host& cores& memory& is_memory_limited& shared_memory& transports&
            has_fast_network& sees_folder& opens_memory& process_space;
    }
};

/// Looks around, in a worker of the rank; `probe` is the file that it should see.
RankFacts facts_of_this_rank(std::string const& probe);

/// The process that talks MPI for the rank of this worker.
int supervisor_of_this_rank();

/// Components of the kinds that move messages, among the lines of a process's /proc/PID/maps: `pml ob1`.
std::vector<std::string> transports_in(std::string const& maps);

/// What rank 0 alone knows.
struct CheckFacts {
    std::vector<RankFacts> ranks;
    int workers_per_rank = 1;
    int tasks_told = 0;  ///< ranks that the launcher or the batch system should have started; 0: none says
    bool is_slurm_step = false;  ///< started by srun
    bool is_batch_job = false;
    bool has_recovery = false;
    std::optional<int> lives_on{};  ///< ranks that were there after the last one had been killed on trial
    std::string time_left;          ///< in words
    std::string time_problem;       ///< why it is not known, or empty
    std::string folder;
    bool is_writable = false;
    bool is_on_network = false;
    std::int64_t free_space = 0;
    std::string forks_told;  ///< what OMPI_MCA_mpi_warn_on_fork is
};

}  // namespace rankpool::batch
