// SPDX-License-Identifier: MIT
#include "rankpool/worker/logger.hpp"

#include "rankpool/core/log.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/worker/worker_state.hpp"

namespace rankpool {
namespace {

std::string word_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "DEBUG";
        case LogLevel::info:
            return "INFO";
        case LogLevel::warning:
            return "WARNING";
        case LogLevel::error:
            return "ERROR";
        case LogLevel::critical:
            return "CRITICAL";
        case LogLevel::off:
            break;
    }
    return "OFF";
}

std::string who_writes() {
    worker::WorkerState& state = worker::this_worker();
    // In pieces: g++ 12 warns of what it makes of the sum (GCC bug 105651).
    std::string who = state.name;
    who.append(" rank ").append(std::to_string(state.mailbox.self().rank.value));
    link::StatusBoard const& board = state.mailbox.board();
    bool const is_at_task = board.activity.load(std::memory_order_relaxed) == link::Activity::task;
    if (is_at_task) who.append(" task ").append(std::to_string(board.task.load(std::memory_order_relaxed)));
    return who;
}

}  // namespace

void Logger::log(LogLevel level, std::string const& text) const {
    (void)worker::this_worker();
    if (!is_enabled_for(level) || level_ == LogLevel::off) return;
    std::string line = "[";
    line.append(word_of(level))
        .append("/")
        .append(who_writes())
        .append("] ")
        .append(printable(text))
        .append("\n");
    tell(line);
}

Logger& logger() {
    static Logger the_one;
    return the_one;
}

Logger& log_to_stderr(LogLevel level) {
    (void)worker::this_worker();
    logger().set_level(level);
    return logger();
}

}  // namespace rankpool
