// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/unique_fd.hpp"

#include <string>

namespace rankpool {

/// Opens memory called `name` through the table of descriptors of process `pid`, where it is number `fd`.
/// Empty where this process may not (the program cannot be read, the system restricts it) or where another
/// file is there: in a container with process numbers of its own, or when it has gone meanwhile. Then
/// messages do it.
UniqueFd open_lent_fd(int pid, int fd, std::string const& name, int flags);

}  // namespace rankpool
