// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {

/// Writes the program's exit code into the file that RANKPOOL_EXIT_CODE_FILE named, if it named one, whole or
/// not at all: mpirun --enable-recovery itself always returns 0.
void keep_exit_code(int exit_code);

}  // namespace rankpool
