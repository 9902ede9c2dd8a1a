// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// What a process needs was used up on this node, also some seconds later.
class NodeExhausted : public Error {
  public:
    using Error::Error;
};

/// The two ends of a pipe, neither of them 0, 1 or 2.
struct Pipe {
    UniqueFd from;
    UniqueFd to;

    /// Throws NodeExhausted.
    static Pipe make();
};

/// What a program finds when it starts.
struct CommandSurroundings {
    std::vector<std::string> environment{};  ///< `NAME=VALUE`, beside and instead of this process's own
    std::string folder{};                    ///< empty: this process's
    std::string input_file{};                ///< its stdin; empty: /dev/null
    std::optional<std::string> input{};      ///< what it reads from stdin instead
    std::vector<int> cores{};                ///< on which it runs; none: on this process's
};

/// Starts a program, looked for in PATH as execvp does, with `out` and `err` as its streams, in a process
/// group of its own. It is killed when this thread ends. Scripts without a first
/// line that names their interpreter are run by /bin/sh. Throws Error where it cannot be started, in words
/// about the reason; NodeExhausted where that may pass.
/// `in`: its stdin, instead of what `surroundings` say.
pid_t start_command(std::vector<std::string> const& words, UniqueFd const& out, UniqueFd const& err,
                    CommandSurroundings const& surroundings = {}, UniqueFd const* in = nullptr);

}  // namespace rankpool::batch
