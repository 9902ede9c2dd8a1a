// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/launch/batch_system.hpp"

#include <string>
#include <vector>

namespace rankpool::batch {

/// What a batch script is made for.
struct BatchJob {
    BatchSystem const* system = nullptr;  ///< that is to run it
    std::string name;                     ///< unless the options have one
    std::vector<std::string> typed;       ///< the words that it comes from
    std::vector<std::string> options;     ///< the submitter's
    std::vector<std::string> words;       ///< the program's
    std::string program;                  ///< the file
    std::string run_dir;
    std::string launcher;  ///< `mpirun`, `srun`, or empty for the script's own choice
};

/// The project's cluster/rankpool.sbatch, which has become part of this program, with all that belongs to the
/// job written into it: it can be given to the batch system as it is, and again to go on. Throws InputError
/// where an option cannot be written so.
std::string batch_script(BatchJob const& job);

}  // namespace rankpool::batch
