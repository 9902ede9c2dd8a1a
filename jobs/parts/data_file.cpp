// SPDX-License-Identifier: MIT
#include "jobs/parts/data_file.hpp"

namespace jobs {

std::filesystem::path data_file(std::string_view name) {
    // Where there is no /proc there is no such file either, which is told when it is opened.
    std::error_code ignored;
    auto const program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    return (program.parent_path() / RANKPOOL_DATA_FROM_PROGRAM / name).lexically_normal();
}

}  // namespace jobs
