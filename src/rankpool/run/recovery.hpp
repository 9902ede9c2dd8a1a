// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>

namespace rankpool {

/// Whether this job goes on without ranks that are lost: where the launcher lets it, which mpirun does with
/// --enable-recovery, or where RANKPOOL_RECOVERY=1 says so (0: never). The time is how long nothing may be
/// heard of another node before it counts as lost: RANKPOOL_HEARTBEAT_TIMEOUT, in seconds, 20 by default.
/// Throws UsageError where a variable cannot be read.
std::optional<std::chrono::nanoseconds> recovery_patience();

/// Writes the program's exit code into the file that RANKPOOL_EXIT_CODE_FILE names, if it names one, whole or
/// not at all: mpirun --enable-recovery itself always returns 0.
void keep_exit_code(int exit_code);

}  // namespace rankpool
