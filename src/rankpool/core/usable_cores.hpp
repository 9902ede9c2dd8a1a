// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

namespace rankpool {

/// The processors on which a process may run, by the system's numbers; 0 is this one.
std::vector<int> usable_cores(int process = 0);

}  // namespace rankpool
