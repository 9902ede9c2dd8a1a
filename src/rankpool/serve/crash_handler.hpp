// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/link/crash_trace.hpp"

namespace rankpool::worker {

/// From now on a signal that a crash gives this process (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) notes in
/// `trace` where it was, before it ends the process as it would have. Signals that the program handles or
/// ignores stay as they are. `trace` must live as long as the process.
void note_crashes(link::CrashTrace& trace);
/// What costs most of that, and is done for good in the process that others are forked from.
void prepare_to_note_crashes();

}  // namespace rankpool::worker
