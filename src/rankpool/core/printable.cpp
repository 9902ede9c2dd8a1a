// SPDX-License-Identifier: MIT
#include "rankpool/core/printable.hpp"

#include "rankpool/core/utf8.hpp"

#include <algorithm>

namespace rankpool {
namespace {

std::string hex(char32_t code, std::size_t digits) {
    constexpr std::string_view letters = "0123456789abcdef";
    std::string text(digits, '0');
    for (auto at = text.rbegin(); at != text.rend(); ++at, code >>= 4U) *at = letters[code & 0xfU];
    return text;
}

constexpr bool is_within(char32_t code, char32_t first, char32_t last) {
    return code >= first && code <= last;
}

/// Controls of one byte.
constexpr bool is_control(char32_t code) {
    return code < 0x20 || code == 0x7f;
}

/// Controls and separators of Unicode, and what turns the direction of the text after it.
constexpr bool is_unicode_control(char32_t code) {
    return is_within(code, 0x80, 0x9f) || code == 0x061c || code == 0x200e || code == 0x200f ||
           is_within(code, 0x2028, 0x202e) || is_within(code, 0x2066, 0x2069);
}

std::string escaped(char32_t control) {
    switch (control) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return "\\x" + hex(control, 2);
    }
}

template <class Stays>
std::string made_printable(std::string_view text, Stays stays) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        auto const [code, size] = first_character(text);
        if (size == 0) {
            result += "\\x" + hex(static_cast<unsigned char>(text[0]), 2);
        } else if (is_control(code) && !stays(code)) {
            result += escaped(code);
        } else if (is_unicode_control(code)) {
            result += "\\u" + hex(code, 4);
        } else {
            result += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return result;
}

}  // namespace

std::string printable(std::string_view text) {
    return made_printable(text, [](char32_t) { return false; });
}

std::string printable_lines(std::string_view text) {
    return made_printable(text, [](char32_t code) { return code == '\n' || code == '\t'; });
}

}  // namespace rankpool
