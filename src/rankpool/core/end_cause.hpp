// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace rankpool {

/// Why a member's process ended.
enum class EndCause : std::uint32_t { retired, crashed, timed_out, over_memory };

}  // namespace rankpool
