// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/session/session_pool.hpp"
#include "rankpool/pool/pool_client.hpp"
#include "rankpool/sync/holding.hpp"

#include <optional>

namespace rankpool::batch {

/// A pool of workers on the job's ranks, as a session sees it. In the main worker.
class WorkerPool final : public SessionPool {
  public:
    WorkerPool(long size, PoolOptions const& options);

    void start(std::shared_ptr<pool::Call> const& call) override { pool_.start(call); }
    bool wait_for(std::function<bool()> const& done, std::chrono::milliseconds most) override {
        return pool_.wait_until(done, Deadline::after(most));
    }
    void shut_down() override { pool_.shut_down(); }
    std::string host_of(Rank rank) const override { return pool_.host_of(rank); }
    void leave_out(std::string const& host) override;
    void ask_status() override { pool_.ask_status(); }
    pool::StatusQuery const& status() const override { return pool_.status(); }
    std::optional<std::vector<HeldNow>> ask_held() override;

  private:
    pool::PoolClient pool_;
    std::optional<sync::HoldingsQuestion> held_question_;  ///< that is not answered yet
};

}  // namespace rankpool::batch
