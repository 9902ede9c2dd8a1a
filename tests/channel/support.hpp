// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/rankpool.hpp"

#include "tests/pool/support.hpp"

namespace rankpool::support {

/// The rank that is farthest from the main worker's.
inline int last_rank() {
    return context().size() - 1;
}

/// A started process for f(args...) on that rank.
template <auto F, class... Args>
Process start_far(Args&&... args) {
    auto process = context().process<F>(ProcessOptions{.rank = last_rank()}, std::forward<Args>(args)...);
    process.start();
    return process;
}

/// Waits for its end and gives its exit code.
inline int code_of(Process& process) {
    process.join();
    return process.exitcode().value();
}

/// How long `call` takes.
template <class Call>
std::chrono::duration<double> time_of(Call call) {
    auto const begin = std::chrono::steady_clock::now();
    call();
    return std::chrono::steady_clock::now() - begin;
}

/// A value whose every piece tells where it belongs.
inline std::vector<std::uint32_t> pattern(std::size_t bytes, std::uint32_t seed = 1) {
    std::vector<std::uint32_t> all(bytes / sizeof(std::uint32_t));
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i) * 2654435761U + seed;
    return all;
}

}  // namespace rankpool::support
