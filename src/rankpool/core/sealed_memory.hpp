// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace rankpool {

/// Memory that has a descriptor, no name in a file system, and a size that nobody can change any more, so
/// that who has mapped it can rely on it. `label` is what the kernel's lists show. Empty where the system has
/// none left; errno says why.
UniqueFd make_sealed_memory(char const* label, std::size_t bytes);

/// The size of such memory, wherever its descriptor comes from; nothing where it is something else.
std::optional<std::uint64_t> size_of_sealed(int memory);

}  // namespace rankpool
