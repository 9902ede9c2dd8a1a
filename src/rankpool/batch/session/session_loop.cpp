// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/session_loop.hpp"

#include <chrono>
#include <utility>

namespace rankpool::batch {

SessionLoop::SessionLoop(TypedTasks& tasks, InputSource& source, RecordedRun& run, SessionPool& pool)
    : tasks_(tasks),
      run_(run),
      pool_(pool),
      call_(std::make_shared<SessionCall>(tasks, source, run, pool)),
      watch_(pool, run.time()),
      workers_(tasks, run, pool) {}

void SessionLoop::run() {
    begin();
    while (!call_->ready) {
        take_news();
        // Nobody may answer any more.
        if (run_.ends_at_once()) break;
        direct();
    }
    if (run_.gathers()) gather();
    end();
    // The rank may be ending: it is not waited for, and ends the workers with this process.
    if (run_.ends_at_once()) return;
    pool_.shut_down();
    if (call_->input_error) std::rethrow_exception(call_->input_error);
    if (call_->ended_by) std::rethrow_exception(call_->ended_by);
}

void SessionLoop::begin() {
    run_.look_at_workers_by([this] { return look_at_workers(); });
    run_.tick(false);
    pool_.start(call_);
    last_news_ = run_.time().now();
}

/// Waits for results, but not for long, and records them.
void SessionLoop::take_news() {
    bool const news =
        pool_.wait_for([this] { return call_->ready || call_->has_arrivals(); }, call_->interval());
    if (news) last_news_ = run_.time().now();
    run_.tick(run_.time().now() - last_news_ >= SessionCall::longest_interval);
    call_->record_arrivals();
    run_.store_safely([this] { tasks_.tick(); });
}

void SessionLoop::direct() {
    for (auto const& host : run_.take_bad_nodes()) pool_.leave_out(host);
    tasks_.direct(run_);
}

/// Takes what is on its way, and asks for the last time what the workers are at.
void SessionLoop::gather() {
    using namespace std::chrono_literals;
    pool_.ask_status();
    pool_.wait_for([] { return false; }, 100ms);
    call_->record_arrivals();
}

void SessionLoop::end() {
    call_->record_arrivals();
    note_workers();
    run_.end_tasks();
    run_.store_safely([this] { tasks_.end(); });
}

/// True when it is known what the workers do.
bool SessionLoop::look_at_workers() {
    if (!watch_.look()) return false;
    note_workers();
    if (auto held = pool_.ask_held()) run_.tally().held = std::move(*held);
    return true;
}

void SessionLoop::note_workers() {
    workers_.note([this](link::MemberActivity const& activity) { return call_->flight_of(activity); });
}

}  // namespace rankpool::batch
