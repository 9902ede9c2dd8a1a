// SPDX-License-Identifier: MIT
#include "rankpool/core/log.hpp"

#include "rankpool/core/printable.hpp"

#include <unistd.h>

namespace rankpool {

void say(std::string const& text) {
    std::string const line = "rankpool: " + printable(text) + "\n";
    (void)!::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace rankpool
