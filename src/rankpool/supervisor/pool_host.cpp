// SPDX-License-Identifier: MIT
#include "rankpool/supervisor/pool_host.hpp"

#include "rankpool/core/system_limits.hpp"
#include "rankpool/fork/code_places.hpp"
#include "rankpool/fork/memory_use.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <optional>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;
using link::supervisor_of;

constexpr std::int64_t memory_look_ns = 10'000'000;
/// A member that had just taken a batch of a dropped call is at it within this time.
constexpr std::chrono::seconds drop_time{1};
constexpr std::int64_t drop_look_ns = 2'000'000;
/// Between asking a worker to end and making it.
constexpr std::chrono::milliseconds grace{500};

std::int64_t steady_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

link::MemberState identity(LocalWorker const& worker) {
    link::MemberState state;
    state.member = worker.membership->member;
    state.address = worker.address;
    state.pid = worker.pid;
    return state;
}

/// What the worker's board says; nothing where that cannot be. It is the worker's own memory.
std::optional<link::MemberActivity> look_at(LocalWorker const& worker, std::int64_t now_ns) {
    if (worker.wrote_nonsense) return std::nullopt;
    link::StatusBoard& board = worker.link->board();
    link::MemberActivity activity{.member = worker.membership->member, .pid = worker.pid};
    std::int64_t started_ns = 0;
    // It may go on to its next task meanwhile; what is read twice alike belongs together.
    for (int tries = 0; tries < 3; ++tries) {
        activity.activity = board.activity.load();
        activity.call = CallId{board.call.load()};
        activity.task = board.task.load();
        started_ns = board.started_ns.load();
        if (board.task.load() == activity.task && board.activity.load() == activity.activity) break;
    }
    if (activity.activity > link::Activity::sending || started_ns < 0) return std::nullopt;
    // It may have begun since the clock was read, but not tomorrow.
    if (started_ns > now_ns + std::chrono::nanoseconds{grace}.count()) return std::nullopt;
    if (activity.activity != link::Activity::nothing)
        activity.for_ns = std::max<std::int64_t>(0, now_ns - started_ns);
    return activity;
}

}  // namespace

PoolHost::PoolHost(Outbox& outbox, WorkerTable& workers, ForkServer& forks, Processors& processors,
                   PoolKey key, link::PoolTerms const& terms, std::span<std::byte const> initializer,
                   Rank here, int ranks)
    : outbox_(outbox),
      drafts_(outbox),
      workers_(workers),
      forks_(forks),
      processors_(processors),
      key_(key),
      terms_(terms),
      initializer_(initializer),
      here_(here),
      ranks_(static_cast<std::uint32_t>(ranks)) {
    start_missing();
}

void PoolHost::start_missing() {
    for (auto member = static_cast<std::uint32_t>(here_.value); member < terms_.size; member += ranks_) {
        if (alive_.insert(Member{member}).second) start(Member{member});
    }
}

void PoolHost::resize(std::uint64_t size) {
    terms_.size = size;
    if (!ending_) start_missing();
}

void PoolHost::start(Member member) {
    LocalWorker& worker = workers_.add(WorkerKind::pool_member);
    worker.membership = {key_, member};
    if (terms_.bind != 0 && share() <= processors_.count()) worker.processor = processors_.take();
    forks_.spawn(worker.birth);
}

std::size_t PoolHost::share() const {
    auto const first = static_cast<std::uint64_t>(here_.value);
    return terms_.size > first ? (terms_.size - first - 1) / ranks_ + 1 : 0;
}

void PoolHost::free_processor(LocalWorker& worker) {
    if (auto const had = std::exchange(worker.processor, std::nullopt)) processors_.give_back(*had);
}

void PoolHost::born(LocalWorker& worker) {
    link::Serve const serve{.terms = terms_,
                            .member = worker.membership->member,
                            .pool = key_.pool,
                            .processor = worker.processor.value_or(-1)};
    outbox_.send(FrameKind::serve, worker.address, key_.pool, serve, initializer_.bytes());
    if (!ending_) return;
    // Also in a pool that is closed without tasks its initializer is run; nothing is that has been
    // terminated.
    if (*ending_ == link::Ending::at_once) return forks_.signal(worker.birth, SIGKILL);
    outbox_.send(FrameKind::retire, worker.address, key_.pool, link::PoolEnd{});
}

void PoolHost::unborn(LocalWorker& worker, int error) {
    free_processor(worker);
    std::string const why = words_of_errno(error);
    outbox_.send(FrameKind::member_missing, supervisor_of(key_.home), key_.pool, identity(worker),
                 std::as_bytes(std::span{why}));
    alive_.erase(worker.membership->member);
    if (ending_) end_if_empty();
}

void PoolHost::ended(LocalWorker& worker, int wait_status) {
    free_processor(worker);
    link::MemberState state = identity(worker);
    state.wait_status = wait_status;
    auto const seen = look_at(worker, steady_ns());
    if (worker.verdict) {
        state.cause = worker.verdict->cause;
        state.was_running = 1;
        state.call = worker.verdict->call;
        state.task = worker.verdict->task;
    } else if (!seen) {
        state.cause = EndCause::crashed;
        state.was_running = link::was_running_something;
    } else {
        bool const running = seen->activity != link::Activity::nothing;
        state.cause = running || wait_status != 0 ? EndCause::crashed : EndCause::retired;
        state.was_running = running ? 1 : 0;
        state.call = seen->call;
        state.task = seen->task;
    }
    if (state.was_running != 0 && seen) state.ran_ns = seen->for_ns;
    std::string places;
    if (state.cause == EndCause::crashed && WIFSIGNALED(wait_status) && !worker.wrote_nonsense) {
        places = code_places(worker.link->board().crash);
    }
    outbox_.send(FrameKind::member_down, supervisor_of(key_.home), key_.pool, state,
                 std::as_bytes(std::span{places}));
    if (!ending_ && state.member.value < terms_.size) return start(state.member);
    alive_.erase(state.member);
    if (ending_) end_if_empty();
}

void PoolHost::end_if_empty() {
    if (!alive_.empty()) return;
    over_ = true;
    outbox_.send(FrameKind::members_ended, supervisor_of(key_.home), key_.pool, link::PoolEnd{});
}

template <class Action>
void PoolHost::for_each_member(Action action) {
    for (auto const& worker : workers_.living()) {
        if (worker->membership && worker->membership->pool == key_) action(*worker);
    }
}

void PoolHost::end(link::Ending ending) {
    ending_ = ending;
    for_each_member([&](LocalWorker& worker) {
        if (ending == link::Ending::when_done) {
            outbox_.send(FrameKind::retire, worker.address, key_.pool, link::PoolEnd{});
        } else if (!worker.verdict) {
            end_at_once(worker);
        }
    });
    end_if_empty();
}

/// One that is at no task leaves by itself, so that what it has printed and not yet written is not lost.
void PoolHost::end_at_once(LocalWorker& worker) {
    bool const is_idle = worker.link->board().activity.load() == link::Activity::nothing;
    worker.verdict = LocalWorker::Verdict{EndCause::retired, {}, 0, Deadline::after(grace), SIGTERM};
    if (!is_idle) return send_next_signal(*worker.verdict, worker.birth);
    outbox_.send(FrameKind::retire, worker.address, key_.pool, link::PoolEnd{link::Ending::at_once});
}

void PoolHost::send_next_signal(LocalWorker::Verdict& verdict, Birth const& birth) {
    forks_.signal(birth, verdict.next_signal);
    bool const is_last = verdict.next_signal == SIGKILL;
    verdict.next_at = is_last ? Deadline::never() : Deadline::after(grace);
    verdict.next_signal = SIGKILL;
}

void PoolHost::drop_call(CallId call) {
    dropped_.insert_or_assign(call, Deadline::after(drop_time));
    for_each_member([&](LocalWorker& worker) {
        outbox_.send(FrameKind::call_drop, worker.address, key_.pool, call, link::PoolEnd{});
    });
}

bool PoolHost::is_at_dropped_call(LocalWorker const& worker, std::int64_t now_ns) const {
    auto const seen = look_at(worker, now_ns);
    return seen && seen->activity != link::Activity::nothing && dropped_.contains(seen->call);
}

void PoolHost::answer_status(link::StatusRound const& round) {
    std::int64_t const now_ns = steady_ns();
    std::vector<link::MemberActivity> activities;
    auto const send = [&](bool last) {
        link::StatusAnswer const answer{.round = round.round,
                                        .hosts = round.hosts,
                                        .count = static_cast<std::uint32_t>(activities.size()),
                                        .last = last ? 1U : 0U};
        outbox_.send(FrameKind::status_answered, terms_.owner, key_.pool, answer,
                     std::as_bytes(std::span{activities}));
        activities.clear();
    };
    for_each_member([&](LocalWorker& worker) {
        if (activities.size() == link::most_activities) send(false);
        if (auto const doing = look_at(worker, now_ns)) activities.push_back(*doing);
    });
    send(true);
}

void PoolHost::recall(link::Recall const& recall) {
    for_each_member([&](LocalWorker& worker) {
        // Of one that has ended all that it had not done goes to others.
        if (worker.address != recall.address || worker.wrote_nonsense) return;
        try {
            auto& allotment = worker.link->board().allotments.at(recall.allotment);
            auto const piece = allotment.take_back(recall.number, recall.count, recall.shares);
            link::Recall answer = recall;
            answer.first = recall.first + piece.first;
            answer.count = piece.count;
            outbox_.send(FrameKind::recalled, supervisor_of(key_.home), key_.pool, answer);
        } catch (link::Nonsense const&) {
            worker.wrote_nonsense = true;
        }
    });
}

std::int64_t PoolHost::enforce_limits() {
    std::int64_t next_ns = -1;
    auto const now = Clock::now();
    std::int64_t const now_ns = std::chrono::nanoseconds{now.time_since_epoch()}.count();
    for_each_member([&](LocalWorker& worker) {
        if (worker.verdict) {
            auto left = worker.verdict->next_at.remaining();
            if (left && left->count() <= 0) {
                send_next_signal(*worker.verdict, worker.birth);
                left = worker.verdict->next_at.remaining();
            }
            if (left) next_ns = next_ns < 0 ? left->count() : std::min(next_ns, left->count());
            return;
        }
        if (!dropped_.empty() && is_at_dropped_call(worker, now_ns)) {
            terminate_for(worker, EndCause::retired);
            std::int64_t const left = std::chrono::nanoseconds{grace}.count();
            next_ns = next_ns < 0 ? left : std::min(next_ns, left);
            return;
        }
        if (auto const due = drafts_.look(worker, now); due >= 0) {
            next_ns = next_ns < 0 ? due : std::min(next_ns, due);
        }
        if (terms_.timeout_ns > 0) check_time(worker, now_ns, next_ns);
        if (terms_.memory_limit > 0) check_memory(worker, next_ns);
    });
    std::erase_if(dropped_, [](auto const& entry) { return entry.second.passed(); });
    if (!dropped_.empty()) next_ns = next_ns < 0 ? drop_look_ns : std::min(next_ns, drop_look_ns);
    return next_ns;
}

void PoolHost::check_time(LocalWorker& worker, std::int64_t now_ns, std::int64_t& next_ns) {
    auto const seen = look_at(worker, now_ns);
    if (!seen) worker.wrote_nonsense = true;
    std::int64_t left = terms_.timeout_ns;
    if (seen && seen->activity == link::Activity::task) left -= seen->for_ns;
    if (left <= 0) {
        terminate_for(worker, EndCause::timed_out, seen->call, seen->task);
        left = std::chrono::nanoseconds{grace}.count();
    }
    next_ns = next_ns < 0 ? left : std::min(next_ns, left);
}

void PoolHost::check_memory(LocalWorker& worker, std::int64_t& next_ns) {
    next_ns = next_ns < 0 ? memory_look_ns : std::min(next_ns, memory_look_ns);
    if (private_memory(worker.pid) > terms_.memory_limit) terminate_for(worker, EndCause::over_memory);
}

/// For what its worker is at now.
void PoolHost::terminate_for(LocalWorker& worker, EndCause cause) {
    link::StatusBoard& board = worker.link->board();
    terminate_for(worker, cause, CallId{board.call.load()}, board.task.load());
}

void PoolHost::terminate_for(LocalWorker& worker, EndCause cause, CallId call, std::uint64_t task) {
    worker.verdict = LocalWorker::Verdict{cause, call, task, Deadline::never(), SIGTERM};
    send_next_signal(*worker.verdict, worker.birth);
}

}  // namespace rankpool::supervisor
