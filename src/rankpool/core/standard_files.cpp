// SPDX-License-Identifier: MIT
#include "rankpool/core/standard_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace rankpool {

void open_standard_files() {
    // The wrong way round for what is to fail.
    constexpr std::array<std::pair<int, int>, 3> files{
        {{STDIN_FILENO, O_WRONLY}, {STDOUT_FILENO, O_RDONLY}, {STDERR_FILENO, O_WRONLY}}};
    for (auto const& [number, mode] : files) {
        // The lowest free number is this one, since those below it are taken by now.
        if (::fcntl(number, F_GETFD) < 0) (void)::open("/dev/null", mode);
    }
}

}  // namespace rankpool
