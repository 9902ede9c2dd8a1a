// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <system_error>

namespace rankpool::batch {

/// The number that the text is, all of it. Nothing where it is none of the type.
template <class Number>
std::optional<Number> parse_number(std::string const& text) {
    Number number{};
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool const is_whole = problem == std::errc{} && end == text.data() + text.size();
    return is_whole ? std::optional{number} : std::nullopt;
}

}  // namespace rankpool::batch
