// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/monitor/held_now.hpp"
#include "rankpool/core/ids.hpp"
#include "rankpool/pool/call.hpp"
#include "rankpool/pool/status_query.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// All that a session sees of ranks and workers. WorkerPool is the real one; a test may make one up that
/// needs no MPI.
class SessionPool {
  public:
    SessionPool() = default;
    SessionPool(SessionPool const&) = delete;
    SessionPool& operator=(SessionPool const&) = delete;
    virtual ~SessionPool() = default;

    /// From now on inputs are pulled out of the call, and results pushed into it, while `wait_for` waits.
    virtual void start(std::shared_ptr<pool::Call> const& call) = 0;
    /// Waits until `done()`, so long at most; false where it is not done by then.
    virtual bool wait_for(std::function<bool()> const& done, std::chrono::milliseconds most) = 0;
    /// Ends the workers, and waits until they are gone.
    virtual void shut_down() = 0;

    [[nodiscard]] virtual std::string host_of(Rank rank) const = 0;
    /// The workers of this host get no more tasks, as long as there are others.
    virtual void leave_out(std::string const& host) = 0;

    /// Asks what the workers are doing; the answers gather in `status()`.
    virtual void ask_status() = 0;
    [[nodiscard]] virtual pool::StatusQuery const& status() const = 0;
    /// Asks who holds locks and waits for them, and gives what has been answered since; does not wait.
    virtual std::optional<std::vector<HeldNow>> ask_held() = 0;
};

}  // namespace rankpool::batch
