// SPDX-License-Identifier: MIT
// How the workers of a rank begin and end, as its supervisor is told by the fork server.
#include "rankpool/core/error.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/outside.hpp"
#include "rankpool/core/system_limits.hpp"
#include "rankpool/fork/end_signals.hpp"
#include "rankpool/rank/drafts.hpp"
#include "rankpool/supervisor/supervisor.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <utility>

namespace rankpool::supervisor {

using link::FrameKind;

namespace {

/// Slurm signals the processes of a job one by one: the supervisor's turn may come after the main worker's.
constexpr std::chrono::nanoseconds own_turn = std::chrono::milliseconds{200};

/// What has ended the main worker is meant for this process as well.
bool is_for_all(int signal_number) {
    bool const may_be = signal_number == SIGTERM || signal_number == SIGINT || signal_number == SIGHUP;
    if (may_be) EndSignals::pause_unless_received({}, own_turn.count());
    return EndSignals::received() != 0;
}

}  // namespace

bool Supervisor::take_notices() {
    bool any = false;
    while (auto notice = forks_.next_notice()) {
        any = true;
        switch (notice->what) {
            case ForkServer::Notice::What::born:
                on_born(std::move(*notice));
                break;
            case ForkServer::Notice::What::unborn:
                on_unborn(*notice);
                break;
            case ForkServer::Notice::What::ended:
                on_ended(*notice);
                break;
        }
    }
    return any;
}

void Supervisor::on_born(ForkServer::Notice notice) {
    LocalWorker& worker = *workers_.find(notice.birth.slot);
    worker.pid = notice.pid;
    try {
        worker.link = std::make_unique<link::Link>(link::Side::supervisor, std::move(notice.memory),
                                                   std::move(notice.socket));
    } catch (Error const&) {
        notice.status = errno;
        forks_.turn_away(notice.birth);
        return on_unborn(notice);
    }
    workers_.set_living(worker);
    welcome(worker);
    if (PoolHost* pool_host = pool_host_of(worker)) {
        pool_host->born(worker);
        enforce_limits();
    }
    if (worker.birth.kind == WorkerKind::process) processes_.born(worker.address, worker.pid);
}

void Supervisor::welcome(LocalWorker& worker) {
    link::Welcome const head{
        worker.address, world_.size(),       workers_per_rank_ * static_cast<unsigned>(world_.size()),
        world_.cores(), world_.ranks_here(), world_.place_here()};
    std::string hosts;
    if (worker.birth.kind != WorkerKind::pool_member) {
        for (int rank = 0; rank < world_.size(); ++rank) hosts += world_.host(Rank{rank}) + '\n';
    }
    router_.send(FrameKind::welcome, worker.address, {}, head, std::as_bytes(std::span{hosts}));
}

void Supervisor::on_unborn(ForkServer::Notice const& notice) {
    LocalWorker& worker = *workers_.find(notice.birth.slot);
    if (PoolHost* pool_host = pool_host_of(worker)) {
        pool_host->unborn(worker, notice.status);
        forget_if_over(worker);
    } else if (worker.birth.kind == WorkerKind::process) {
        processes_.unborn(worker.address, notice.status);
    } else {
        throw StoppedFromOutside("cannot start the program's main worker (" + words_of_errno(notice.status) +
                                 ")");
    }
    workers_.remove(notice.birth.slot);
}

void Supervisor::on_ended(ForkServer::Notice const& notice) {
    LocalWorker* const known = workers_.find(notice.birth.slot, notice.birth.generation);
    if (!known) return;
    auto const worker = known->shared_from_this();
    if (!worker->wrote_nonsense) salvage(*worker);
    while (drain(*worker)) {
    }
    if (worker->birth.kind == WorkerKind::main) return on_main_ended(notice.status);
    if (PoolHost* pool_host = pool_host_of(*worker)) {
        exchange_.send_now(worker->membership->pool);
        pool_host->ended(*worker, notice.status);
        forget_if_over(*worker);
        enforce_limits();
    }
    end_what_it_had(*worker, notice.status);
    workers_.remove(notice.birth.slot);
}

/// What it had not finished writing when it died counts as far as it is whole.
void Supervisor::salvage(LocalWorker& worker) {
    auto const draft = worker.link->in().salvage();
    if (!draft) return;
    link::FrameHeader header;
    std::memcpy(&header, draft->frame, sizeof header);
    bool const is_results = header.kind == FrameKind::results || header.kind == FrameKind::block_results;
    worker.wrote_nonsense = !is_results || header.size < link::Heads::size_of(header.kind);
    if (worker.wrote_nonsense) return;
    std::memcpy(draft->frame + sizeof header + offsetof(link::Results, count), &draft->records,
                sizeof draft->records);
}

/// Nothing that a worker has made or held outlives it, but for processes that are no daemons.
void Supervisor::end_what_it_had(LocalWorker const& worker, int wait_status) {
    for (auto& [id, service] : pool_services_) {
        if (service.owner() == worker.address) service.end(link::Ending::at_once);
    }
    blobs_.owner_gone(worker.address);
    channels_.worker_ended(worker.address, wait_status);
    processes_.worker_ended(worker.address, wait_status);
}

void Supervisor::on_main_ended(int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        if (!is_for_all(WTERMSIG(wait_status))) {
            say("the program's main worker on rank 0 " + describe_wait_status(wait_status) +
                " (everything it had started ends with it)");
        }
        return end_program(128 + WTERMSIG(wait_status));
    }
    end_program(WEXITSTATUS(wait_status));
}

void Supervisor::end_program(int exit_code) {
    over_ = true;
    exit_code_ = exit_code;
    blobs_.end();
    for (int rank = 1; rank < world_.size(); ++rank) {
        router_.send(FrameKind::shutdown, link::supervisor_of(Rank{rank}), {}, link::PoolEnd{});
    }
}

void Supervisor::forget_if_over(LocalWorker const& worker) {
    auto const pool_host = pool_hosts_.find(worker.membership->pool);
    if (pool_host->second.is_over()) pool_hosts_.erase(pool_host);
}

PoolHost* Supervisor::pool_host_of(LocalWorker const& worker) {
    if (!worker.membership) return nullptr;
    auto const pool_host = pool_hosts_.find(worker.membership->pool);
    return pool_host == pool_hosts_.end() ? nullptr : &pool_host->second;
}

}  // namespace rankpool::supervisor
