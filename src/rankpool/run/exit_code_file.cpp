// SPDX-License-Identifier: MIT
#include "rankpool/run/exit_code_file.hpp"

#include "rankpool/core/atomic_file.hpp"
#include "rankpool/core/job_environment.hpp"
#include "rankpool/core/log.hpp"

#include <string>

namespace rankpool {

void keep_exit_code(int exit_code) {
    std::string const path = job_variable("RANKPOOL_EXIT_CODE_FILE").value_or("");
    if (path.empty()) return;
    try {
        AtomicFile file{path};
        file.write(std::to_string(exit_code) + "\n");
        file.commit();
    } catch (FileError const& error) {
        say("cannot write the exit code (" + std::string{error.what()} + ")");
    }
}

}  // namespace rankpool
