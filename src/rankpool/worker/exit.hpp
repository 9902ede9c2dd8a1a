// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {

namespace worker {

/// What exit throws. Not a std::exception, so that a handler for those lets it pass.
struct ExitRequest {
    int code = 0;
};

}  // namespace worker

/// Ends this process with an exit code after the destructors of all that is on the stack, as Python's
/// sys.exit. In the main worker it ends the program. Throws UsageError in a pool's task.
[[noreturn]] void exit(int code);

}  // namespace rankpool
