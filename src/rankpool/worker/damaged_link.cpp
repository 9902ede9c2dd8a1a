// SPDX-License-Identifier: MIT
#include "rankpool/worker/damaged_link.hpp"

#include "rankpool/core/log.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace rankpool::worker {

void end_with(link::Nonsense const& nonsense) {
    say("the link of process " + std::to_string(::getpid()) + " makes no sense any more (" + nonsense.what() +
        "; something here has written into it), so this process ends");
    ::_exit(EXIT_FAILURE);
}

}  // namespace rankpool::worker
