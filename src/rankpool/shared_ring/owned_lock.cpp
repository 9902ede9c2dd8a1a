// SPDX-License-Identifier: MIT
#include "rankpool/shared_ring/owned_lock.hpp"

#include "rankpool/core/unique_fd.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

namespace rankpool::link {
namespace {

/// What the kernel says of a process.
struct Life {
    char state = '?';
    std::uint32_t start = 0;  ///< when it began, in ticks since the system's start
};

std::optional<Life> life_of(std::uint32_t pid) {
    UniqueFd const file{::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 1024> text{};
    if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return std::nullopt;
    // Its name, in brackets, may hold anything.
    char const* const behind_name = std::strrchr(text.data(), ')');
    Life life;
    unsigned long long start = 0;
    constexpr char const* fields =
        " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu";
    if (!behind_name || std::sscanf(behind_name + 1, fields, &life.state, &start) != 2) return std::nullopt;
    life.start = static_cast<std::uint32_t>(start);
    return life;
}

bool has_ended(std::uint64_t name) {
    auto const pid = static_cast<std::uint32_t>(name >> 32);
    auto const start = static_cast<std::uint32_t>(name);
    // No process has such a number: somebody has written here who should not.
    if (pid == 0 || pid > 0x7fffffffU) return true;
    if (auto const life = life_of(pid)) {
        return life->state == 'Z' || life->state == 'X' || life->start != start;
    }
    return ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
}

}  // namespace

std::atomic<std::uint64_t> OwnedLock::own_name = 0;

/// Its number, and when it began, as numbers are used again.
std::uint64_t OwnedLock::name_self() {
    static bool const forgets_when_forked = ::pthread_atfork(nullptr, nullptr, [] { own_name = 0; }) == 0;
    (void)forgets_when_forked;
    auto const pid = static_cast<std::uint32_t>(::getpid());
    auto const life = life_of(pid);
    own_name = std::uint64_t{pid} << 32 | (life ? life->start : 0);
    return own_name;
}

bool OwnedLock::try_take_from_dead() {
    std::uint64_t holder = holder_.load(std::memory_order_acquire);
    if (holder == 0) return try_take();
    return has_ended(holder) && holder_.compare_exchange_strong(holder, self(), std::memory_order_acquire);
}

}  // namespace rankpool::link
