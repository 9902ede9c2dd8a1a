// SPDX-License-Identifier: MIT
#include "rankpool/core/utf8.hpp"

#include <array>

namespace rankpool {
namespace {

/// What a first byte says: its bits that are always the same, those of the code, and the least code that so
/// many bytes may stand for.
struct Form {
    unsigned mask;
    unsigned mark;
    char32_t least;
};
constexpr std::array<Form, 4> forms{
    {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}}};

constexpr char32_t largest = 0x10ffff;

constexpr bool is_surrogate(char32_t code) {
    return code >= 0xd800 && code <= 0xdfff;
}

}  // namespace

Utf8Character first_character(std::string_view text) {
    if (text.empty()) return {};
    auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    for (std::size_t more = 0; more < forms.size(); ++more) {
        auto const& form = forms.at(more);
        if ((byte(0) & form.mask) != form.mark) continue;
        if (text.size() <= more) return {};
        char32_t code = byte(0) & ~form.mask & 0xffU;
        for (std::size_t at = 1; at <= more; ++at) {
            if ((byte(at) & 0xc0U) != 0x80U) return {};
            code = (code << 6U) | (byte(at) & 0x3fU);
        }
        if (code < form.least || code > largest || is_surrogate(code)) return {};
        return {code, more + 1};
    }
    return {};
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        auto const size = first_character(text).size;
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace rankpool
