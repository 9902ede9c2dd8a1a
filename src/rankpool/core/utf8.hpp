// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace rankpool {

/// A character at the front of a text.
struct Utf8Character {
    char32_t code = 0;
    std::size_t size = 0;  ///< its bytes; 0 where the text is empty or does not begin with UTF-8
};

/// Neither overlong forms nor surrogates nor what is beyond U+10FFFF count as UTF-8 (RFC 3629).
Utf8Character first_character(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace rankpool
