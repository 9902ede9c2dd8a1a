// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace rankpool::batch {

/// Writes results to stdout: the way out of all that the program prints there. In one process, that of rank 0
/// or the main worker; one thread. False where it is of no use to print more, since stdout cannot be written
/// (which end_output tells) or its reader has left, as `head` does (which is no failure). Does not throw.
bool print(std::string_view text);

/// Writes what is held back, for a reader that looks on.
void flush_output();

/// Writes what is still held back, also what has been printed past `print`, by std::cout or printf. Empty
/// where all has been written or its reader has left; else what went wrong first, such as `cannot write
/// results to stdout (No space left on device)`. To be asked before the program ends, as often as one likes.
std::string end_output();

}  // namespace rankpool::batch
