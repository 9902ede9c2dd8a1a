// SPDX-License-Identifier: MIT
#include "rankpool/fork/memory_use.hpp"

#include <unistd.h>

#include <fstream>
#include <string>

namespace rankpool::supervisor {

std::uint64_t private_memory(pid_t process) {
    std::ifstream statm("/proc/" + std::to_string(process) + "/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::uint64_t shared = 0;
    if (!(statm >> size >> resident >> shared) || resident < shared) return 0;
    return (resident - shared) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace rankpool::supervisor
