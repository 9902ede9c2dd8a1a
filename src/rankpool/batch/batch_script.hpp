// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace rankpool::batch {

/// What a batch script is made for.
struct BatchJob {
    std::string title;                 ///< a line about where it comes from
    std::vector<std::string> options;  ///< sbatch's
    std::vector<std::string> words;    ///< the program's
    std::string program;               ///< the file
    std::string run_dir;
    std::string launcher;  ///< `mpirun`, `srun`, or empty for the script's own choice
};

/// The project's cluster/rankpool.sbatch, which has become part of this program, with all that belongs to the
/// job written into it: it can be given to sbatch as it is, and again to go on.
std::string batch_script(BatchJob const& job);

/// The word as a shell takes it for one.
std::string quoted_for_shell(std::string const& word);

}  // namespace rankpool::batch
