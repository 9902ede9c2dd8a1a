// SPDX-License-Identifier: MIT
#include "tests/simulate/pool_simulation.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace rankpool::simulate {
namespace {

using Kind = Job::Kind;

constexpr Rank home{0};
/// A supervisor looks at so many messages in one step (messages_per_step).
constexpr std::size_t most_of_step = 1024;
/// Of a frame beside its records.
constexpr std::uint64_t frame_bytes = 120;
/// Frames up to this wait for others to the same rank until the step ends (Bundles::largest_kept); together
/// they are at most so long.
constexpr std::uint64_t largest_kept = 1024;
constexpr std::uint64_t largest_bundle = 4000;

}  // namespace

PoolSimulation::PoolSimulation(Setup const& setup, TaskTimes const& times)
    : setup_{setup},
      times_{times},
      machine_{setup_.machine},
      worker_terms_{times, machine_.worker_task, setup.flush_after},
      dispatcher_{make_dispatcher(setup.policy, setup.workers, setup.chunksize)},
      ranks_{(setup.workers + setup.workers_per_rank - 1) / setup.workers_per_rank},
      stations_{ranks_ + 1 + setup.workers, machine_.cores},
      workers_(setup.workers),
      plans_(setup.workers),
      is_reporting_(setup.workers),
      is_informed_(setup.workers),
      lost_(ranks_),
      left_of_step_(ranks_),
      bundles_(ranks_),
      results_(times.size()),
      random_{setup.seed} {
    if (setup_.is_all_at_hand) {
        for (; fed_ < times.size(); fed_ += setup_.parcel) {
            std::uint64_t const count = std::min(setup_.parcel, times.size() - fed_);
            dispatcher_->tasks_added(count, count * setup_.task_bytes);
        }
    }
    for (std::uint32_t i = 0; i < setup.workers; ++i) dispatcher_->member_up(Member{i});
    if (setup_.rank_life.count() <= 0) return;
    std::exponential_distribution<double> life{1 / setup_.rank_life.count()};
    for (std::int32_t rank = 1; rank < static_cast<std::int32_t>(ranks_); ++rank) {
        events_.post(Nanoseconds{life(random_)}, {Event::Kind::rank_ends, supervisor_of(Rank{rank})});
    }
}

Outcome PoolSimulation::run() {
    // What is at hand is handed out by the look that finds it.
    Job const first{setup_.is_all_at_hand ? Kind::look : Kind::feed};
    looks_ = setup_.is_all_at_hand;
    events_.post(now_, {Event::Kind::comes, looks_ ? supervisor_of(home) : owner(), 0, first});
    while (!events_.empty() && taken_ < times_.size()) {
        auto const [at, event] = events_.take();
        now_ = at;
        handle(event);
    }
    double const used = ended_.count() * static_cast<double>(setup_.workers);
    outcome_.efficiency = static_cast<double>(serial_time(times_).count()) / used;
    outcome_.makespan = ended_;
    outcome_.home_busy = home_worked_ / ended_;
    outcome_.events = events_.posted();
    outcome_.repeated = outcome_.losses > 0 ? given_ - times_.size() : 0;
    outcome_.is_complete =
        std::all_of(results_.begin(), results_.end(), [](auto count) { return count == 1; });
    return outcome_;
}

Rank PoolSimulation::rank_of(Member member) const {
    // As a pool places its members: one on each rank in turn.
    return Rank{static_cast<std::int32_t>(member.value % ranks_)};
}
Rank PoolSimulation::rank_at(StationId at) const {
    if (at.value < ranks_) return Rank{static_cast<std::int32_t>(at.value)};
    return at == owner() ? home : rank_of(Member{static_cast<std::uint32_t>(at.value - ranks_ - 1)});
}
StationId PoolSimulation::supervisor_of(Rank rank) {
    return StationId{static_cast<std::uint32_t>(rank.value)};
}
StationId PoolSimulation::owner() const {
    return StationId{static_cast<std::uint32_t>(ranks_)};
}
StationId PoolSimulation::worker_of(Member member) const {
    return StationId{static_cast<std::uint32_t>(ranks_ + 1 + member.value)};
}

void PoolSimulation::handle(Event const& event) {
    switch (event.kind) {
        case Event::Kind::comes:
            // What is on its way from or to a lost rank is lost with it.
            if (event.job.kind != Kind::loss && (is_lost(event.job.from) || is_lost(rank_at(event.at))))
                return;
            if (stations_.add(event.at, event.job)) begin(event.at);
            return;
        case Event::Kind::job_ends:
            return end(event.at);
        case Event::Kind::yields:
            for (StationId const next : stations_.yield(event.at, event.plan)) begin(next);
            return;
        case Event::Kind::batch_comes: {
            Job const& job = event.job;
            if (is_lost(rank_of(job.member))) return;
            auto& worker = workers_[job.member.value];
            bool const was_idle = !worker.next_results(worker_terms_);
            worker.take({CallId{0}, job.member, job.first, job.count, job.ticket}, now_);
            if (was_idle) plan(job.member);
            return;
        }
        case Event::Kind::batch_pauses: {
            Member const member = event.job.member;
            if (event.plan != plans_[member.value] || is_lost(rank_of(member))) return;
            is_reporting_[member.value] = true;
            if (stations_.add(worker_of(member), {Kind::report, rank_of(member), member})) {
                begin(worker_of(member));
            }
            return;
        }
        case Event::Kind::rank_ends:
            return lose(Rank{static_cast<std::int32_t>(event.at.value)});
    }
}

void PoolSimulation::begin(StationId at) {
    spent_ = Nanoseconds{0};
    if (at.value < ranks_) wake_up(at);
    serve(at, stations_.next(at));
    if (at.value < ranks_ && left_of_step_[at.value] == 0) end_step(rank_at(at));
    if (at == supervisor_of(home)) home_worked_ += spent_;
    events_.post(now_ + spent_, {Event::Kind::job_ends, at});
}

void PoolSimulation::end(StationId at) {
    bool const stays = !has_own_cores() && at.value < ranks_;
    for (StationId const next : stations_.end(at, now_, stays)) begin(next);
    if (auto const turn = stations_.stays_at(at)) {
        events_.post(now_ + setup_.awake_for, {Event::Kind::yields, at, *turn});
    }
}

/// What a supervisor does beside the job, whatever that is.
void PoolSimulation::wake_up(StationId at) {
    bool const was_asleep = now_ - stations_.idle_since(at) > setup_.awake_for;
    if (was_asleep) spend(machine_.wake);
    if (was_asleep && has_own_cores()) {
        spend(machine_.asleep);
        // That is no work.
        if (at == supervisor_of(home)) home_worked_ -= machine_.asleep;
    }
    std::size_t& left = left_of_step_[at.value];
    if (left == 0 || was_asleep) {
        spend(machine_.scan, setup_.workers_per_rank);
        left = std::max<std::size_t>(stations_.waiting_at(at, most_of_step), 1);
    }
    --left;
}

void PoolSimulation::serve(StationId at, Job job) {
    if (at == owner()) return serve_owner(job);
    if (at.value > ranks_) return report(job);
    if (at != supervisor_of(home)) return serve_host(job);
    serve_home(job);
}

void PoolSimulation::serve_owner(Job const& job) {
    if (job.kind == Kind::feed) return feed(job);
    take_results(job);
}

void PoolSimulation::feed(Job const& job) {
    std::uint64_t const count = std::min<std::uint64_t>(setup_.parcel, times_.size() - fed_);
    spend(machine_.owner_frame);
    spend(machine_.owner_feed, count);
    send(machine_.local, supervisor_of(home), {Kind::tasks, home, {}, fed_, count});
    fed_ += count;
    if (fed_ < times_.size()) send(Nanoseconds{0}, owner(), job);
}

void PoolSimulation::take_results(Job const& job) {
    spend(machine_.owner_frame);
    spend(machine_.owner_take, job.count);
    for (std::uint64_t i = 0; i < job.count; ++i) ++results_[job.first + i];
    taken_ += job.count;
    ended_ = now_ + spent_;
}

/// A supervisor that is not the home.
void PoolSimulation::serve_host(Job const& job) {
    std::uint64_t const bytes = bytes_of(job.count);
    switch (job.kind) {
        case Kind::call:
        case Kind::batch:
            receive(job);
            return pass_to_worker(job);
        case Kind::recall:
            receive(job);
            return take_back(job);
        default:
            spend(machine_.from_worker);
            spend(machine_.byte, bytes);
            return send_home(job, bytes);
    }
}

void PoolSimulation::serve_home(Job const& job) {
    bool const is_here = job.from == home;
    switch (job.kind) {
        case Kind::tasks:
            spend(machine_.from_worker);
            spend(machine_.task, job.count);
            spend(machine_.byte, bytes_of(job.count));
            dispatcher_->tasks_added(job.count, job.count * setup_.task_bytes);
            return decide();
        case Kind::call:
        case Kind::batch:
            return pass_to_worker(job);
        case Kind::recall:
            return take_back(job);
        case Kind::results:
            if (is_here) spend(machine_.from_worker);
            if (!is_here) receive(job);
            return count_results(job);
        case Kind::recalled:
            if (!is_here) receive(job);
            spend(machine_.results);
            given_ -= job.count;
            dispatcher_->tasks_recalled(
                {CallId{0}, job.member, job.first, job.count, job.ticket, job.shares});
            return decide();
        case Kind::look:
            looks_ = false;
            dispatcher_->members_wait();
            return decide();
        default:
            return take_loss(job.from);
    }
}

void PoolSimulation::receive(Job const& job) {
    if (!job.is_joined) spend(machine_.receive);
    spend(machine_.frame);
}

void PoolSimulation::pass_to_worker(Job const& job) {
    spend(machine_.to_worker);
    spend(machine_.byte, bytes_of(job.count));
    if (job.kind != Kind::batch) return;
    events_.post(now_ + spent_ + machine_.local, {Event::Kind::batch_comes, {}, 0, job});
}

void PoolSimulation::take_back(Job const& job) {
    auto const returned = workers_[job.member.value].give_back(
        {CallId{0}, job.member, job.first, job.count, job.ticket, job.shares}, now_, worker_terms_);
    if (returned.count > 0) plan(job.member);
    Job const answer{Kind::recalled, rank_of(job.member), job.member, returned.first,
                     returned.count, job.ticket,          job.shares};
    send_home(answer, 0);
}

/// A worker sends what it has done, and goes on.
void PoolSimulation::report(Job const& job) {
    Worker& worker = workers_[job.member.value];
    is_reporting_[job.member.value] = false;
    spend(machine_.worker_frame);
    auto const results = worker.send_results(now_ + spent_);
    ++outcome_.result_frames;
    Job frame{Kind::results, job.from, job.member, results.first, results.count};
    frame.busy = results.busy;
    send(machine_.local, supervisor_of(job.from), frame);
    plan(job.member);
}

void PoolSimulation::count_results(Job job) {
    spend(machine_.results);
    spend(machine_.task, job.count);
    spend(machine_.byte, bytes_of(job.count));
    auto const busy = std::chrono::duration_cast<std::chrono::nanoseconds>(job.busy);
    if (!dispatcher_->tasks_done(job.member, job.first, job.count, busy)) return;
    decide();
    spend(machine_.to_owner);
    job.from = home;
    job.is_joined = false;
    send(machine_.local, owner(), job);
}

void PoolSimulation::lose(Rank rank) {
    lost_.at(static_cast<std::size_t>(rank.value)) = true;
    stations_.forget(supervisor_of(rank));
    ++outcome_.losses;
    spent_ = Nanoseconds{0};
    send(machine_.loss_notice, supervisor_of(home), {Kind::loss, rank});
}

void PoolSimulation::take_loss(Rank rank) {
    for (std::uint32_t i = 0; i < setup_.workers; ++i) {
        if (rank_of(Member{i}) != rank) continue;
        spend(machine_.results);
        dispatcher_->member_down(Member{i});
    }
    decide();
}

void PoolSimulation::decide() {
    while (auto const decision = dispatcher_->next()) {
        if (auto const* recall = std::get_if<schedule::Recall>(&*decision)) {
            carry_out(*recall);
        } else if (auto const* assign = std::get_if<schedule::Assign>(&*decision)) {
            carry_out(*assign);
        }
    }
    if (!looks_ && dispatcher_->may_recall()) {
        looks_ = true;
        send(setup_.wait_before_recall, supervisor_of(home), {Kind::look, home});
    }
}

void PoolSimulation::carry_out(schedule::Assign const& assign) {
    ++outcome_.batches;
    given_ += assign.count;
    if (!is_informed_[assign.member.value]) {
        is_informed_[assign.member.value] = true;
        send_to_member({Kind::call, home, assign.member}, 0);
    }
    spend(machine_.assign);
    spend(machine_.task, assign.count);
    send_to_member({Kind::batch, home, assign.member, assign.first, assign.count, assign.ticket},
                   bytes_of(assign.count));
}

void PoolSimulation::carry_out(schedule::Recall const& recall) {
    ++outcome_.recalls;
    auto const shares = static_cast<std::uint32_t>(std::min<std::size_t>(recall.shares, UINT32_MAX));
    Job const job{Kind::recall, home, recall.member, recall.first, recall.count, recall.ticket, shares};
    Rank const host = rank_of(recall.member);
    if (host == home) return take_back(job);
    send_far(home, host, job, 0);
}

void PoolSimulation::send_to_member(Job const& job, std::uint64_t bytes) {
    Rank const host = rank_of(job.member);
    spend(machine_.byte, bytes);
    if (host == home) return pass_to_worker(job);
    send_far(home, host, job, bytes);
}

void PoolSimulation::send_home(Job const& job, std::uint64_t bytes) {
    if (job.from == home) return send(Nanoseconds{0}, supervisor_of(home), job);
    send_far(job.from, home, job, bytes);
}

/// As supervisor::Bundles has it.
void PoolSimulation::send_far(Rank from, Rank to, Job const& job, std::uint64_t bytes) {
    spend(machine_.frame);
    Bundle& bundle = bundles_[static_cast<std::size_t>(from.value)][to];
    bytes += frame_bytes;
    if (bytes > largest_kept || bundle.bytes + bytes > largest_bundle) send_bundle(from, to);
    bundle.jobs.push_back(job);
    bundle.jobs.back().is_joined = bundle.jobs.size() > 1;
    bundle.bytes += bytes;
    if (bytes > largest_kept) send_bundle(from, to);
}

void PoolSimulation::send_bundle(Rank from, Rank to) {
    Bundle& bundle = bundles_[static_cast<std::size_t>(from.value)][to];
    if (bundle.jobs.empty()) return;
    ++outcome_.messages;
    spend(machine_.send);
    auto const on_the_way = machine_.network + machine_.network_byte * static_cast<double>(bundle.bytes);
    for (Job const& job : bundle.jobs) send(on_the_way, supervisor_of(to), job);
    bundle = {};
}

void PoolSimulation::end_step(Rank rank) {
    auto& bundles = bundles_[static_cast<std::size_t>(rank.value)];
    for (auto const& [to, bundle] : bundles) send_bundle(rank, to);
    bundles.clear();
}

void PoolSimulation::plan(Member member) {
    std::uint64_t const number = ++plans_[member.value];
    if (is_reporting_[member.value]) return;
    auto const at = workers_[member.value].next_results(worker_terms_);
    if (!at) return;
    Event event{Event::Kind::batch_pauses, {}, number};
    event.job.member = member;
    events_.post(*at, event);
}

void PoolSimulation::send(Nanoseconds delay, StationId to, Job const& job) {
    events_.post(now_ + spent_ + delay, {Event::Kind::comes, to, 0, job});
}

std::uint64_t PoolSimulation::bytes_of(std::uint64_t tasks) const {
    return tasks * (setup_.task_bytes + record_bytes);
}

}  // namespace rankpool::simulate
