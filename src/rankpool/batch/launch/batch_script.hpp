// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// What a batch script is made for.
struct BatchJob {
    std::string name;                  ///< unless the options have one
    std::vector<std::string> typed;    ///< the words that it comes from
    std::vector<std::string> options;  ///< sbatch's
    std::vector<std::string> words;    ///< the program's
    std::string program;               ///< the file
    std::string run_dir;
    std::string launcher;  ///< `mpirun`, `srun`, or empty for the script's own choice
};

/// The project's cluster/rankpool.sbatch, which has become part of this program, with all that belongs to the
/// job written into it: it can be given to sbatch as it is, and again to go on.
std::string batch_script(BatchJob const& job);

/// The word as bash takes it for one, whatever its bytes; in one line, and readable by people.
std::string quoted_for_shell(std::string const& word);

/// A path as sbatch's option --output takes it, for which % begins what it fills in. Nothing where it cannot
/// be written so.
std::optional<std::string> as_output_pattern(std::string const& path);

}  // namespace rankpool::batch
