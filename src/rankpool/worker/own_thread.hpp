// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool::worker {

/// The calling thread is the one that uses pools, queues and all else of this process from now on.
void claim_own_thread();
/// True in that thread, and where none has been claimed.
bool is_own_thread();
/// Throws UsageError in any other; `what` was to be used, such as "a queue".
void require_own_thread(char const* what);

}  // namespace rankpool::worker
