// SPDX-License-Identifier: MIT
#include "rankpool/core/secret.hpp"

#include "rankpool/core/error.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

namespace rankpool {

Secret make_secret() {
    Secret secret{};
    // So few bytes come at once or not at all.
    while (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
        if (errno == EINTR) continue;
        throw Error("cannot make a random number (" + std::string{std::strerror(errno)} + ")");
    }
    return secret;
}

}  // namespace rankpool
