// SPDX-License-Identifier: MIT
#include "rankpool/protocol/record_check.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace rankpool::link {

std::uint32_t check_of(std::span<std::byte const> bytes) {
    return static_cast<std::uint32_t>(::XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace rankpool::link
