// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

// A process's directory, environment and umask. Workers are forked from a process that is as the program was
// started; what their maker has changed since is told to them.
namespace rankpool::worker {

/// Takes note of what workers begin with. Once, in the process that they are forked from.
void note_surroundings();
/// What another process is to have in addition to its maker's: variables, and a directory unless empty.
struct ExtraSurroundings {
    std::map<std::string, std::string> const& variables;
    std::string const& directory;
};
/// A process that makes others.
struct Maker {
    std::string name;
    std::int32_t pid = 0;
};
/// Who makes the other, what has changed since note_surroundings, and what is to be there in addition, for
/// take_surroundings. Throws Error where it is too much to be sent, UsageError for what no variable can
/// be called.
std::vector<std::byte> changed_surroundings(std::string const& name, ExtraSurroundings const& extra);
/// Changes this process's in the same way, and tells who made it. Throws Error where it cannot enter the
/// directory.
Maker take_surroundings(std::span<std::byte const> changes);

}  // namespace rankpool::worker
