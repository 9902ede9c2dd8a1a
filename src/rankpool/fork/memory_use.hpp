// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace rankpool::supervisor {

/// Bytes of memory that only `process` has: resident and not shared with files or other processes' memory
/// objects, from /proc/PID/statm. 0 where the process is gone.
std::uint64_t private_memory(pid_t process);

}  // namespace rankpool::supervisor
