// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {

/// The cores that this process may use, by its affinity and the quota of its control groups, shared with the
/// other ranks of the node; 1 at least.
unsigned cores_of_this_rank(int ranks_on_node);

}  // namespace rankpool
