// SPDX-License-Identifier: MIT
#include "rankpool/core/log.hpp"

#include "rankpool/core/printable.hpp"
#include "rankpool/core/stream_write.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>

namespace rankpool {
namespace {

using namespace std::chrono_literals;

/// So long all that is told may wait, until it has been read again.
std::atomic<std::chrono::milliseconds> full_patience = 500ms;
std::atomic<std::chrono::milliseconds> patience = 500ms;

}  // namespace

void say(std::string const& text) {
    tell("rankpool: " + printable(text) + "\n");
}

void tell(std::string_view text) {
    auto const begin = Clock::now();
    auto const before = patience.load();
    int const problem = write_in_time(STDERR_FILENO, text, Deadline::after(before));
    auto const waited = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - begin);
    patience = problem == 0 ? full_patience.load() : std::max(0ms, before - waited);
}

bool tell_in_passing(std::string_view text) {
    bool const is_written = write_in_time(STDERR_FILENO, text, Deadline::after(0ms)) == 0;
    if (is_written) patience = full_patience.load();
    return is_written;
}

void talk_without_waiting() {
    full_patience = 0ms;
    patience = 0ms;
}

}  // namespace rankpool
