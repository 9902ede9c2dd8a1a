// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/process/process_group.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::process {

/// What a ProcessGroup is: its processes, and how often each may be started again.
class Group {
  public:
    Group(long n, ProcessGroupOptions const& options, std::shared_ptr<ProcessCall const> call);

    void start();
    bool join(Deadline const& deadline);
    void signal(void (Process::*send)());
    /// Starts those again that have failed and may be.
    [[nodiscard]] std::vector<std::optional<int>> exitcodes();
    [[nodiscard]] std::size_t size() const { return members_.size(); }

  private:
    struct Slot {
        Process process;
        int restarts;
        bool is_starting = false;
    };

    [[nodiscard]] Process make_process(std::string name) const;
    void begin(Slot& member);
    void require_started(char const* verb) const;
    void let_go_of_arguments();

    std::shared_ptr<ProcessCall const> call_;  ///< until none can be started any more
    std::vector<Slot> members_;
    void (Process::*ended_by_)() = nullptr;  ///< once they have been told to end
};

}  // namespace rankpool::process
