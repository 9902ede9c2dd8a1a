// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

// A process's directory, environment and umask. Workers are forked from a process that is as the program was
// started; what their maker has changed since is told to them.
namespace rankpool::worker {

/// Takes note of what this process begins with. Once, before user code runs.
void note_surroundings();
/// What has changed since note_surroundings, for take_surroundings; empty where nothing has. Throws Error
/// where it is too much to be sent.
std::vector<std::byte> changed_surroundings();
/// Changes this process's in the same way. Throws Error where it cannot enter the directory.
void take_surroundings(std::span<std::byte const> changes);

}  // namespace rankpool::worker
