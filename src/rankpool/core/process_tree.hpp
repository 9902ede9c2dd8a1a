// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <set>
#include <vector>

namespace rankpool {

/// The children of a process, those too that have ended and are not waited for yet; none where /proc does not
/// tell.
std::vector<pid_t> children_of(pid_t process);

/// Of this process, where it has one thread; costs less.
std::vector<pid_t> children_of_this_thread();

/// The process, what it has started, what these have started, and so on.
std::vector<pid_t> tree_of(pid_t process);

/// From now on whatever loses its parent below this process becomes its child.
void adopt_orphans();

/// Sends SIGKILL to all children of this process but `spared`: how many there are. That they have ended is to
/// be waited for, and what they leave becomes a child of a process that adopts orphans.
std::size_t kill_children(std::set<pid_t> const& spared);

}  // namespace rankpool
