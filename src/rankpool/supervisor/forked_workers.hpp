// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/fork/fork_server.hpp"
#include "rankpool/fork/local_worker.hpp"
#include "rankpool/rank/workers.hpp"

namespace rankpool::supervisor {

/// Workers as the fork server has them.
class ForkedWorkers final : public Workers {
  public:
    ForkedWorkers(WorkerTable& table, ForkServer& forks) : table_(table), forks_(forks) {}

    [[nodiscard]] bool is_alive(Address worker) const override;
    Address start_process() override;
    void signal(Address worker, int number) override;

  private:
    WorkerTable& table_;
    ForkServer& forks_;
};

}  // namespace rankpool::supervisor
