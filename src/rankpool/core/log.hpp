// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace rankpool {

/// Writes `rankpool: text` as one line to stderr, in one piece so that lines of several processes do not mix.
/// What the text has from outside is made printable.
void say(std::string const& text);

}  // namespace rankpool
