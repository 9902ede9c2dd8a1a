// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace rankpool {

/// Writes `rankpool: text` as one line to stderr, in one piece so that lines of several processes do not mix.
/// What the text has from outside is made printable.
///
/// Talking never fails and never holds up work: a stderr that cannot be written is none, and what nobody
/// reads is waited for half a second in all, then dropped until it is read again.
void say(std::string const& text);

/// Writes the text to stderr as it is, in the same way.
void tell(std::string_view text);

/// The same for what will soon be told anew, such as progress: it is not waited for. False where it is
/// dropped.
bool tell_in_passing(std::string_view text);

/// From now on this process, which others wait for, does not wait for readers of stderr.
void talk_without_waiting();

}  // namespace rankpool
