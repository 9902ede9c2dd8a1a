// SPDX-License-Identifier: MIT
#include "rankpool/core/lent_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace rankpool {
namespace {

/// What the kernel calls the file behind a link of /proc.
bool leads_to_memory(std::string const& link, std::string const& name) {
    std::array<char, 256> target{};
    ssize_t const size = ::readlink(link.c_str(), target.data(), target.size());
    return size > 0 &&
           std::string_view{target.data(), static_cast<std::size_t>(size)} == "/memfd:" + name + " (deleted)";
}

}  // namespace

UniqueFd open_lent_fd(int pid, int fd, std::string const& name, int flags) {
    std::string const link = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
    // Opening a stranger's file may already do something to it.
    if (!leads_to_memory(link, name)) return {};
    UniqueFd memory{::open(link.c_str(), flags | O_CLOEXEC | O_NONBLOCK)};
    // Another file may have got that number between the two.
    bool const is_it = memory && leads_to_memory("/proc/self/fd/" + std::to_string(memory.get()), name);
    return is_it ? std::move(memory) : UniqueFd{};
}

}  // namespace rankpool
