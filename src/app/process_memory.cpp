// SPDX-License-Identifier: MIT
#include "app/process_memory.hpp"

#include <fstream>
#include <string>

namespace app {

std::uint64_t memory_here() {
    std::ifstream rollup{"/proc/self/smaps_rollup"};
    for (std::string line; std::getline(rollup, line);) {
        if (line.starts_with("Pss:")) return std::stoull(line.substr(4)) * 1024;
    }
    return 0;
}

}  // namespace app
