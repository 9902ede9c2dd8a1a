// SPDX-License-Identifier: MIT
#include "rankpool/protocol/messages.hpp"

#include <string_view>

namespace rankpool::link {

std::string blob_name(Blob const& blob) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string name = "rankpool-blob-" + std::to_string(blob.id.number) + '-';
    for (std::byte const byte : blob.secret) {
        name += digits[std::to_integer<std::size_t>(byte >> 4)];
        name += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return name;
}

}  // namespace rankpool::link
