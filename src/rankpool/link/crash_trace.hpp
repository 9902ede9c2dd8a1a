// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rankpool::link {

/// Where a worker was when it crashed: return addresses, the innermost first. Written by its signal handler,
/// read by its supervisor after its death.
struct CrashTrace {
    static constexpr std::size_t most = 32;

    std::atomic<std::uint32_t> count{0};
    std::array<std::atomic<std::uintptr_t>, most> places{};
};

}  // namespace rankpool::link
