// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace rankpool::batch {

/// Neither shells nor batch systems see more in it than its letters.
bool is_plain_in_scripts(std::string const& word);

/// The word as bash takes it for one, whatever its bytes; in one line, and readable by people.
std::string quoted_for_shell(std::string const& word);

/// A value as it is assigned, which a shell expands in places where it does not expand words.
std::string assigned(std::string const& value);

}  // namespace rankpool::batch
