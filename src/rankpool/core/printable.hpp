// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace rankpool {

/// The text as valid UTF-8 in one line that does nothing to a terminal but show itself, for whatever comes
/// from outside: control characters become `\n`, `\r`, `\t` or `\x1b`, those of Unicode and what turns or
/// breaks a line `\u202e`, and bytes that are not UTF-8 `\xf6`. All other text stays as it is.
std::string printable(std::string_view text);

/// The same with its lines: line feeds and tabs stay.
std::string printable_lines(std::string_view text);

}  // namespace rankpool
