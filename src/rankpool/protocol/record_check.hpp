// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rankpool::link {

/// What a result record says of the bytes behind it: its worker writes it where the program can still write
/// over it.
[[nodiscard]] std::uint32_t check_of(std::span<std::byte const> bytes);

}  // namespace rankpool::link
