// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>

namespace rankpool {

/// SIGCHLD as rankpool needs it, whatever the program was started with: ends of children wait for who asks.
/// The program's own setting comes back with the end of this object.
class ChildSignal {
  public:
    ChildSignal();
    ~ChildSignal();
    ChildSignal(ChildSignal const&) = delete;
    ChildSignal& operator=(ChildSignal const&) = delete;

    /// In a worker that goes on as the program: gives it the program's handler back, if it has one.
    void restore_handler() const;

  private:
    struct sigaction before_ {};
};

}  // namespace rankpool
