// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {

/// What RANKPOOL_WORKERS_PER_RANK says: a number, 1 if it is not set, or with `auto` the cores that this
/// process may use, shared with the other ranks of the node. Throws UsageError for anything else.
unsigned workers_per_rank(int ranks_on_node);

}  // namespace rankpool
