// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

namespace rankpool {

/// A number that nobody can guess: who shows it has been given it by who made it.
using Secret = std::array<std::byte, 16>;

/// Throws Error where the system gives none.
Secret make_secret();

}  // namespace rankpool
