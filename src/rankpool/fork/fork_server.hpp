// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"
#include "rankpool/fork/notice_count.hpp"
#include "rankpool/link/link.hpp"

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <utility>

namespace rankpool::supervisor {

/// What a worker process is forked for.
enum class WorkerKind : std::uint32_t { main, pool_member, process };

/// A worker to be.
struct Birth {
    Slot slot;
    Generation generation;
    WorkerKind kind = WorkerKind::pool_member;
};

/// Runs in the new process with its end of the link; what it returns is the process's exit code.
using WorkerMain = std::function<int(Birth const&, UniqueFd memory, UniqueFd socket)>;

/// A process forked before MPI starts, from which all workers of a rank are forked: they are small, have
/// never seen MPI, and end when their rank does, whatever ends it. This is the supervisor's handle on it.
class ForkServer {
  public:
    /// Something that has happened to a worker.
    struct Notice {
        enum class What : std::uint32_t { born, unborn, ended };
        What what{};
        Birth birth;
        pid_t pid = 0;
        int status = 0;  ///< ended: from wait; unborn: errno
        UniqueFd memory;
        UniqueFd socket;
    };

    /// What the server is asked for.
    struct Request {
        enum class What : std::uint32_t { spawn, signal };
        What what{};
        Birth birth;
        int signal_number = 0;
    };

    /// Forks the server, which calls `prepare` before it forks others: what that does is done in all of them.
    /// No other thread may run, and MPI must not have been started.
    explicit ForkServer(
        WorkerMain const& worker_main, std::function<void()> const& prepare = [] {});
    /// Ends the server, and with it every worker and what they have started.
    ~ForkServer() { stop(); }
    /// The same, early.
    void stop();
    ForkServer(ForkServer const&) = delete;
    ForkServer& operator=(ForkServer const&) = delete;

    /// The other children that this process has now are somebody else's, and are left alone at its end.
    void spare_children();

    void spawn(Birth const& birth);
    /// Sends a signal to the worker if it still lives; to its process group if `whole_group`.
    void signal(Birth const& birth, int signal_number);
    /// Ends a worker that has been born and cannot be used; nothing is told of it any more.
    void turn_away(Birth const& birth);
    /// The next notice, if one has come. Throws StoppedFromOutside if the server is gone.
    std::optional<Notice> next_notice();
    /// False where no notice has come that has not been looked for, and nothing is left to be sent; costs
    /// next to nothing. The end of the server is no notice.
    [[nodiscard]] bool has_news() const { return notices_.count() != seen_ || !waiting_.empty(); }
    /// To poll for readability.
    [[nodiscard]] int fd() const { return control_.get(); }

  private:
    void post(Request const& request);
    void flush();
    void kill_orphans() const;

    UniqueFd control_;
    NoticeCount notices_;
    std::uint32_t seen_ = 0;  ///< of them
    pid_t pid_ = 0;
    std::set<pid_t> others_;  ///< children of this process that are left alone
    std::deque<Request> waiting_;
    std::set<std::pair<Slot, Generation>> turned_away_;  ///< born without a link, and to be forgotten
};

}  // namespace rankpool::supervisor
