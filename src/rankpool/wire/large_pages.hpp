// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace rankpool::wire {

/// Asks the kernel to back memory that is about to be filled by large pages, where it is large itself: the
/// page faults of fresh memory cost several times what copying into it does. Only a hint.
void prefer_large_pages(void* memory, std::size_t size);

}  // namespace rankpool::wire
