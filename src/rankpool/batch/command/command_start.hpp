// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <sys/types.h>

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

/// Starts a program, looked for in PATH as execvp does, with /dev/null as its input, `out` and `err` as its
/// other streams, in a process group of its own. It is killed when this thread ends. Scripts without a first
/// line that names their interpreter are run by /bin/sh. Throws Error where it cannot be started, in words
/// about the reason; NodeExhausted where that may pass.
pid_t start_command(std::vector<std::string> const& words, UniqueFd const& out, UniqueFd const& err);

}  // namespace rankpool::batch
