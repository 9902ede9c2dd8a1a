// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/process/process_call.hpp"
#include "rankpool/protocol/process_messages.hpp"
#include "rankpool/worker/mailbox.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::process {

/// A process as its parent knows it.
struct Child {
    std::string name;
    bool is_daemon = false;
    std::optional<int> wanted_rank;
    std::map<std::string, std::string> environment;
    std::string cwd;
    std::unique_ptr<ProcessCall> call;  ///< until it is started

    std::uint64_t number = 0;  ///< 0: not started
    Address address;
    int pid = 0;
    bool is_born = false;
    bool wants_arguments = false;
    bool has_begun = false;
    int failure = 0;                 ///< errno, where it could not be started
    std::optional<int> wait_status;  ///< when it has ended
    bool is_closed = false;
};

/// The processes that this process has started. One per process.
class Children : public worker::FrameHandler {
  public:
    /// This process's own. Throws UsageError in a process that is no worker, and in a pool's member.
    static Children& here();

    /// `Process-3`, or in a process of that name `Process-3:1`.
    std::string next_name();
    /// Starts the child; returns when it has its arguments, or has ended. Throws SerializationError where
    /// they cannot travel, Error where the system has no room for it.
    void start(std::shared_ptr<Child> const& child);
    /// Sends it a signal.
    void signal(Child const& child, int number);
    /// Waits until it has ended; false when the deadline has passed first.
    bool wait(Child const& child, Deadline const& deadline);
    /// Takes note of what has come; no wait.
    void look() { mailbox_.pump(); }
    /// Those that have not ended.
    [[nodiscard]] std::vector<std::shared_ptr<Child>> active();

    void on_frame(link::Frame const& frame) override;
    bool work() override { return false; }

  private:
    explicit Children(worker::Mailbox& mailbox);
    void end();
    void send_arguments(Child const& child);

    worker::Mailbox& mailbox_;
    std::map<std::uint64_t, std::shared_ptr<Child>> active_;
    std::uint64_t named_ = 0;
    std::uint64_t started_ = 0;
    std::uint64_t streaming_to_ = 0;
    bool stream_lost_ = false;
};

}  // namespace rankpool::process
