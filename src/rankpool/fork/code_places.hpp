// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/link/crash_trace.hpp"

#include <string>

namespace rankpool::supervisor {

/// Where a worker of this rank was when it crashed, as other processes of the program understand it: for each
/// place a line `module+0x1234` with the file of the program or library, empty for the program itself, and
/// the offset in it. A worker has been forked from this process, so its code lies where this one's does.
std::string code_places(link::CrashTrace const& trace);

}  // namespace rankpool::supervisor
