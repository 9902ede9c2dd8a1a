// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {

/// To be called in a process that has just been forked: when it ends by exit(), it runs what was registered
/// after this, destroys the static objects that were made after it, writes what its output streams hold, and
/// leaves out what it has inherited, which its parent will do. As Python's children, which end by os._exit.
void leave_inherited_exits_out();

}  // namespace rankpool
