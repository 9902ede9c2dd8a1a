// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace rankpool::worker {

/// From now on each line that this process prints to stdout leaves it as soon as it is whole, and lines of up
/// to 4096 bytes, which a pipe takes in one piece, are not mixed with those of other processes.
void print_in_lines();

/// From now on each line that this process prints by the functions and streams of C and C++ to stdout and
/// stderr is written as a whole, behind what `tag()` gives at its end. What is written to the descriptors
/// themselves, and what programs print that are started from here, is not seen.
void tag_lines(std::function<std::string()> tag);

}  // namespace rankpool::worker
