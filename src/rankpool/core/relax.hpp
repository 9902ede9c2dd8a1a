// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {

/// For a loop of looks at what another core is about to change: some tens of nanoseconds.
inline void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace rankpool
