// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/script_words.hpp"

#include "rankpool/core/printable.hpp"
#include "rankpool/core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace rankpool::batch {
namespace {

std::string in_quotes(std::string const& word) {
    std::string text = "'";
    for (char const c : word) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return text + '\'';
}

/// Bash's $'...', for what does not show itself.
std::string escaped(std::string_view word) {
    std::string text = "$'";
    while (!word.empty()) {
        auto const size = std::max<std::size_t>(first_character(word).size, 1);
        auto const character = word.substr(0, size);
        word.remove_prefix(size);
        if (character == "'" || character == "\\") {
            text += "\\";
            text += character;
        } else if (printable(character) == character) {
            text += character;
        } else {
            for (char const c : character) text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
    return text + '\'';
}

}  // namespace

bool is_plain_in_scripts(std::string const& word) {
    // No ~ and no :, which an assignment expands.
    constexpr std::string_view signs = "_-+=,./@%^";
    if (word.empty()) return false;
    for (char const c : word) {
        bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && signs.find(c) == std::string_view::npos) return false;
    }
    return true;
}

std::string quoted_for_shell(std::string const& word) {
    if (is_plain_in_scripts(word)) return word;
    return printable(word) == word ? in_quotes(word) : escaped(word);
}

std::string assigned(std::string const& value) {
    return printable(value) == value ? in_quotes(value) : escaped(value);
}

}  // namespace rankpool::batch
