// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {

/// The cores that this process may use, shared with the other ranks of the node.
unsigned cores_of_this_rank(int ranks_on_node);

}  // namespace rankpool
