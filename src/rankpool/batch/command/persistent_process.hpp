// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/command/command_start.hpp"
#include "rankpool/batch/command/memory_watch.hpp"
#include "rankpool/core/deadline.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rankpool::batch {

/// What has come of a request.
struct Reply {
    std::string line;  ///< without its end
    std::string err;   ///< what the process has written to stderr since the last one
    bool is_late = false;
    bool is_over_memory = false;
    bool has_ended = false;  ///< instead of an answer; then with
    int wait_status = 0;
};

/// A command that stays, and answers each line on its stdin by one on its stdout. It is in a process group of
/// its own, and killed if it outlives this process, which must ignore SIGPIPE.
class PersistentProcess {
  public:
    /// Starts it. Throws as start_command does.
    PersistentProcess(std::vector<std::string> const& words, CommandSurroundings const& surroundings);
    PersistentProcess(PersistentProcess const&) = delete;
    PersistentProcess& operator=(PersistentProcess const&) = delete;
    /// Lets it end by itself for a moment, as its stdin does, and then kills it.
    ~PersistentProcess();

    /// False where it has ended since the last answer, or has written what nobody has asked for: the next
    /// line would not be the next answer.
    [[nodiscard]] bool is_at_hand() const;
    /// Sends a line and waits for one, for which it may have so much memory, with all that it has started; 0:
    /// any. After an end, a late answer or too much memory there are no more.
    Reply ask(std::string const& request, Deadline const& deadline, std::uint64_t memory_limit);
    /// Bytes of memory that it has had at most, as far as there was a limit.
    [[nodiscard]] std::uint64_t peak_memory() const { return watch_.peak(); }

  private:
    void exchange(std::string_view& unsent, Reply& reply, Deadline const& deadline, bool watches_memory);
    void write_some(std::string_view& unsent) const;
    bool take_line(Reply& reply);
    void read_err(Reply& reply);
    void end(Reply& reply);

    UniqueFd in_;
    UniqueFd out_;
    UniqueFd err_;
    MemoryWatch watch_;
    pid_t pid_ = 0;
    std::array<char, 64 * 1024> bytes_{};  ///< room to read into
    std::string unread_;
    std::size_t searched_ = 0;  ///< of it, without an end of line
};

}  // namespace rankpool::batch
