// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool::batch {

/// Whether the system has ended processes of this node for want of memory, its own or a cgroup's, since a
/// command of this process began. Not exact to the second, so that a look costs nothing.
class OutOfMemory {
  public:
    static void note_begin();
    /// A process that left with such a status was killed, or tells of one that was, and the system has killed
    /// some.
    static bool may_have_ended(int wait_status);
};

}  // namespace rankpool::batch
