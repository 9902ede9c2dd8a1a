// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {
class Context;
}

namespace rankpool::batch {

/// Kills the last of several ranks by SIGKILL, waits until the launcher would have ended the others for it,
/// and returns how many still answer. Where recovery does not work the job has ended before.
int ranks_that_live_on(Context& context);

}  // namespace rankpool::batch
