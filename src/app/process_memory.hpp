// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace app {

/// Bytes of memory that this process has, each shared page counted once over all that share it (proportional
/// set size), from /proc/self/smaps_rollup. 0 where the kernel does not tell.
std::uint64_t memory_here();

}  // namespace app
