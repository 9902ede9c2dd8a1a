// SPDX-License-Identifier: MIT
#include "rankpool/serve/crash_handler.hpp"

#include <execinfo.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace rankpool::worker {
namespace {

constexpr std::array signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

link::CrashTrace* the_trace = nullptr;
pid_t the_process = 0;
/// A stack that has overflowed has no room for the handler. Its pages are taken when it is first used.
alignas(64) std::array<std::byte, 128 * 1024> handler_stack;

/// The handler itself, and the frame that the kernel made for it.
constexpr int own_frames = 2;

extern "C" void note_crash(int signal, siginfo_t* info, void* /*context*/) {
    for (int const each : signals) ::signal(each, SIG_DFL);
    // A child that the task has forked shares the memory.
    if (::getpid() == the_process) {
        std::array<void*, link::CrashTrace::most + own_frames> places{};
        int const found = ::backtrace(places.data(), static_cast<int>(places.size()));
        auto const count = static_cast<std::size_t>(std::max(0, found - own_frames));
        for (std::size_t i = 0; i < count; ++i) {
            auto const place = reinterpret_cast<std::uintptr_t>(places[i + own_frames]);
            the_trace->places[i].store(place, std::memory_order_relaxed);
        }
        the_trace->count.store(static_cast<std::uint32_t>(count), std::memory_order_release);
    }
    // Sent by somebody, it would not come again; a fault does when the instruction is repeated.
    if (info->si_code <= 0) ::raise(signal);
}

}  // namespace

void prepare_to_note_crashes() {
    static bool is_prepared = false;
    if (std::exchange(is_prepared, true)) return;
    // The first call may load libraries, which a handler must not.
    std::array<void*, 1> ignored{};
    (void)::backtrace(ignored.data(), 1);
}

void note_crashes(link::CrashTrace& trace) {
    the_trace = &trace;
    the_process = ::getpid();
    stack_t stack{};
    stack.ss_sp = handler_stack.data();
    stack.ss_size = handler_stack.size();
    stack_t before{};
    bool const has_own = ::sigaltstack(nullptr, &before) == 0 && (before.ss_flags & SS_DISABLE) == 0;
    if (!has_own && ::sigaltstack(&stack, nullptr) != 0) return;
    prepare_to_note_crashes();
    struct sigaction action {};
    action.sa_sigaction = note_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    for (int const signal : signals) {
        struct sigaction now {};
        if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
        ::sigaction(signal, &action, nullptr);
    }
}

}  // namespace rankpool::worker
