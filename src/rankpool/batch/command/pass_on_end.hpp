// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <sys/types.h>

namespace rankpool::batch {

/// While this lives, SIGTERM, where it would end this process, goes to a process group first, which may clear
/// up; then, when this is destroyed, it ends this process as it would have. For one group at a time.
class PassOnEnd {
  public:
    PassOnEnd();
    PassOnEnd(PassOnEnd const&) = delete;
    PassOnEnd& operator=(PassOnEnd const&) = delete;
    ~PassOnEnd();

    /// The group, once it is there; what has come before goes to it now.
    void to(pid_t group);

  private:
    struct sigaction before_ {};
    bool is_set_ = false;
};

}  // namespace rankpool::batch
