// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/memory_watch.hpp"

#include "rankpool/core/process_tree.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

/// Looks may take so much of a core: with a limit, and else.
constexpr int share_with_limit = 20;
constexpr int share = 100;
constexpr Clock::duration longest_interval = 250ms;

/// With its share of what it has in common with others; 0 where it has ended.
std::uint64_t proportional_memory(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/smaps_rollup"};
    std::uint64_t bytes = 0;
    std::string word;
    while (file >> word) {
        std::uint64_t kib = 0;
        if ((word == "Pss_Anon:" || word == "Pss_Shmem:") && file >> kib) bytes += kib * 1024;
    }
    return bytes;
}

/// Without what it has mapped from files or shares by name; may be too much where parent and child share.
std::uint64_t own_memory(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/statm"};
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::uint64_t shared = 0;
    if (!(file >> size >> resident >> shared) || resident < shared) return 0;
    return (resident - shared) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

Clock::duration MemoryWatch::time_left() const {
    return std::max(next_ - Clock::now(), Clock::duration{0});
}

bool MemoryWatch::look() {
    auto const begin = Clock::now();
    if (begin < next_) return false;
    std::uint64_t const now = measure();
    peak_ = std::max(peak_, now);
    auto const end = Clock::now();
    auto const affordable = (end - begin) * (limit_ > 0 ? share_with_limit : share);
    if (limit_ == 0) interval_ = std::min<Clock::duration>(interval_ * 3 / 2, longest_interval);
    next_ = end + std::max<Clock::duration>(interval_, affordable);
    return limit_ > 0 && now > limit_;
}

std::uint64_t MemoryWatch::measure() const {
    std::uint64_t sum = 0;
    for (pid_t const process : tree_of(::getpid())) {
        if (process == ::getpid() || others_.contains(process)) continue;
        // Of one that may not be looked into, it is at least known what it has for itself.
        auto const proportional = proportional_memory(process);
        sum += proportional > 0 ? proportional : own_memory(process);
    }
    return sum;
}

}  // namespace rankpool::batch
