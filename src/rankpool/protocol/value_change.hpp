// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/shared_messages.hpp"

#include <cstddef>
#include <span>

namespace rankpool::link {

/// Does what is asked of a value to its bytes, at its home as in the processes that map it: adds to the
/// number of this type, or sets it. `value` is as long as `place`; with compare_exchange twice as long, what
/// is expected and what is to be. False where it was not what is expected. Throws Nonsense for what no
/// program can ask.
bool change_value(Operation operation, NumberType type, std::span<std::byte> place,
                  std::span<std::byte const> value);

}  // namespace rankpool::link
