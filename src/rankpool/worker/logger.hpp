// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace rankpool {

/// How much something that is logged matters; the numbers are those of Python's logging.
enum class LogLevel : std::int32_t {
    debug = 10,
    info = 20,
    warning = 30,
    error = 40,
    critical = 50,
    off = 100
};

/// Writes lines to stderr that name who writes them: `[WARNING/PoolWorker-3 rank 1 task 17] text`. What is
/// below the level is not written, and nothing is before log_to_stderr. A line is written in one piece; what
/// nobody reads is dropped rather than waited for. In any worker; UsageError elsewhere.
class Logger {
  public:
    void log(LogLevel level, std::string const& text) const;
    void debug(std::string const& text) const { log(LogLevel::debug, text); }
    void info(std::string const& text) const { log(LogLevel::info, text); }
    void warning(std::string const& text) const { log(LogLevel::warning, text); }
    void error(std::string const& text) const { log(LogLevel::error, text); }
    void critical(std::string const& text) const { log(LogLevel::critical, text); }

    [[nodiscard]] LogLevel level() const { return level_; }
    void set_level(LogLevel level) { level_ = level; }
    /// So that a text need not be made in vain.
    [[nodiscard]] bool is_enabled_for(LogLevel level) const { return level >= level_; }

  private:
    LogLevel level_ = LogLevel::off;
};

/// This process's logger, as Python's multiprocessing.get_logger
/// (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.get_logger).
Logger& logger();

/// The same with that level, as Python's log_to_stderr. Pools and processes that are made by this process
/// from now on begin with it.
Logger& log_to_stderr(LogLevel level = LogLevel::warning);

}  // namespace rankpool
