// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace rankpool::worker {

/// The functions and lines of the places of a crash, a line each; `places` is what supervisor::code_places
/// gave on any rank of this program. Ends where the library's own functions begin. Empty where there are
/// none.
std::string back_trace(std::string_view places);

}  // namespace rankpool::worker
