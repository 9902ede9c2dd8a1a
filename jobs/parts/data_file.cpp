// SPDX-License-Identifier: MIT
#include "jobs/parts/data_file.hpp"

namespace jobs {

std::filesystem::path data_file(std::string_view name) {
    auto const program = std::filesystem::read_symlink("/proc/self/exe");
    return (program.parent_path() / RANKPOOL_DATA_FROM_PROGRAM / name).lexically_normal();
}

}  // namespace jobs
