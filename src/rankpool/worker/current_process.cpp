// SPDX-License-Identifier: MIT
#include "rankpool/worker/current_process.hpp"

#include "rankpool/worker/here.hpp"

#include <unistd.h>

#include <array>

namespace rankpool {

int CurrentProcess::rank() const {
    return worker::here().post.self().rank.value;
}

std::string CurrentProcess::name() const {
    return worker::here().name;
}

pid_t CurrentProcess::pid() const {
    return ::getpid();
}

std::string CurrentProcess::host() const {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

}  // namespace rankpool
