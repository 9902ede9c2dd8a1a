// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/resources/node_supply.hpp"
#include "rankpool/context/context.hpp"

#include <vector>

namespace rankpool::batch {

/// What each node of the job has, as a process there sees it; that of rank 0 first.
std::vector<NodeSupply> supplies_of_nodes(Context& context);

}  // namespace rankpool::batch
