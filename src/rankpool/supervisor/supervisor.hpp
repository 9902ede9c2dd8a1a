// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/pause.hpp"
#include "rankpool/rank/death_watch.hpp"
#include "rankpool/rank/router.hpp"
#include "rankpool/service/blob_store.hpp"
#include "rankpool/service/channel_service.hpp"
#include "rankpool/service/pool_service.hpp"
#include "rankpool/service/process_service.hpp"
#include "rankpool/supervisor/forked_workers.hpp"
#include "rankpool/supervisor/pool_host.hpp"
#include "rankpool/supervisor/processors.hpp"
#include "rankpool/transport/mpi_collective.hpp"

#include <map>
#include <memory>
#include <optional>

namespace rankpool::supervisor {

/// The life of a rank: moves frames between its workers and the other ranks, keeps the pools whose home it is
/// and the members it houses, and sleeps when there is nothing to do. User code never runs here.
class Supervisor {
  public:
    /// `workers_per_rank` is what a pool of default size puts on each rank. Where there is `patience` the job
    /// goes on without ranks that are lost, other nodes' when nothing is heard of them for so long.
    Supervisor(transport::World& world, ForkServer& forks, unsigned workers_per_rank,
               std::optional<std::chrono::nanoseconds> patience);

    /// Serves until the program ends. Returns the program's exit code on rank 0, and 0 elsewhere.
    int run();
    /// True if it was told to end by SIGINT, SIGTERM or SIGHUP.
    [[nodiscard]] static bool ended_by_signal();

  private:
    bool step();
    void sleep();
    bool serve_queued();
    bool drain(LocalWorker& worker);
    bool drain_ring(LocalWorker& worker);
    void blame(Address from);
    void end_senseless(LocalWorker& worker);
    static void salvage(LocalWorker& worker);
    bool take_notices();
    void enforce_limits();
    void expect_results(LocalWorker& worker);
    void be_due(Clock::time_point at);
    void wake_touched();
    void finish_collectives();
    void report_signal(int signal_number) const;
    void shut_down();

    void look_for_lost();
    void take_loss(Rank rank);
    enum class Whom { all, this_node };
    void end_without_rank_zero(Whom whom);
    void cut_off(std::string const& why);
    [[nodiscard]] std::string name(Rank rank) const;

    void on_frame(link::Frame const& frame);
    void collect_results(link::Frame const& frame);
    void on_pool_frame(link::Frame const& frame);
    void open_pool(link::Frame const& frame);
    void start_members(link::Frame const& frame);
    void end_program(int exit_code);

    void on_born(ForkServer::Notice notice);
    void on_unborn(ForkServer::Notice const& notice);
    void on_ended(ForkServer::Notice const& notice);
    void on_main_ended(int wait_status);
    void welcome(LocalWorker& worker);
    void end_what_it_had(LocalWorker const& worker, int wait_status);
    void forget_if_over(LocalWorker const& worker);
    PoolHost* pool_host_of(LocalWorker const& worker);

    transport::World& world_;
    ForkServer& forks_;
    unsigned workers_per_rank_;
    std::optional<Birth> main_;  ///< on rank 0
    WorkerTable workers_;
    Processors processors_;
    ForkedWorkers forked_;
    Router router_;
    transport::MpiCollective collective_;
    CollectiveLine collectives_;
    BlobStore blobs_;
    Exchange exchange_;
    ChannelService channels_;
    ProcessService processes_;
    DeathWatch watch_;
    std::map<PoolId, PoolService> pool_services_;
    std::map<PoolKey, PoolHost> pool_hosts_;
    Backoff backoff_;
    Clock::time_point next_limits_{};
    bool limits_due_ = false;
    unsigned steps_ = 0;
    bool over_ = false;
    int exit_code_ = 0;
};

}  // namespace rankpool::supervisor
