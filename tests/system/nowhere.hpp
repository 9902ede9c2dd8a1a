// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <cstdint>

namespace rankpool::support {

/// Ends this process by SIGSEGV, whatever handles that.
inline void write_nowhere() {
    ::signal(SIGSEGV, SIG_DFL);
    std::uintptr_t volatile address = 64;  // which the compiler cannot look through
    *reinterpret_cast<int volatile*>(address) = 1;
}

}  // namespace rankpool::support
