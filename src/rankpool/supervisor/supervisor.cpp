// SPDX-License-Identifier: MIT
#include "rankpool/supervisor/supervisor.hpp"

#include "rankpool/core/deadline.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/fork/end_signals.hpp"
#include "rankpool/rank/drafts.hpp"
#include "rankpool/rank/frame_rules.hpp"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;
using namespace std::chrono_literals;

/// How long an idle supervisor yields before it sleeps.
constexpr auto yield_for = 200us;
/// A nap while a send is under way that only polling moves on.
constexpr std::int64_t nap_ns = 20'000;
/// The main worker may put its things in order for so long after a signal to end; mpirun kills after a
/// second.
constexpr auto shutdown_grace = 700ms;
/// The last collectives after the program's end, which wait for nobody but the ranks.
constexpr auto last_collectives = 10s;
/// As good as all that have come: the more are seen together, the more of what they bring about goes together
/// too.
constexpr int messages_per_step = 1024;
/// Of one worker.
constexpr int frames_per_step = 64;

}  // namespace

Supervisor::Supervisor(transport::World& world, ForkServer& forks, unsigned workers_per_rank,
                       std::optional<std::chrono::nanoseconds> patience)
    : world_(world),
      forks_(forks),
      workers_per_rank_(workers_per_rank),
      workers_(world.rank()),
      processors_(processors_of_rank(world.place_here(), world.ranks_here())),
      forked_(workers_, forks),
      router_(world, workers_),
      collective_(world),
      collectives_(collective_),
      blobs_(router_, collectives_, [this](Address worker) { return forked_.is_alive(worker); }),
      exchange_(router_, collectives_, world.rank(), world.size()),
      channels_(router_, world.doorbell().name()),
      processes_(router_, forked_),
      watch_(world, router_, patience),
      backoff_(yield_for) {}

int Supervisor::run() {
    EndSignals::watch();
    if (world_.rank() == Rank{0}) {
        main_ = workers_.add(WorkerKind::main).birth;
        forks_.spawn(*main_);
    }
    while (!over_ && !EndSignals::received()) {
        if (step()) {
            backoff_.renew();
        } else if (!backoff_.yield()) {
            sleep();
        }
        if (int const number = EndSignals::take_for_main(); number != 0 && main_)
            forks_.signal(*main_, number);
    }
    if (over_) finish_collectives();
    // A signal comes to all ranks at once: those that end first are not lost.
    world_.announce_end();
    if (int const signal_number = EndSignals::received()) {
        exit_code_ = 128 + signal_number;
        // A terminal that has gone asks for no more than the launcher does.
        if (main_) forks_.signal(*main_, signal_number == SIGHUP ? SIGTERM : signal_number);
        report_signal(signal_number);
        shut_down();
    }
    return exit_code_;
}

/// Every rank has been told of the same collectives before it was told of the end, and MPI cannot be left
/// while one of them is under way.
void Supervisor::finish_collectives() {
    blobs_.end();
    auto const deadline = Deadline::after(last_collectives);
    while (!collectives_.is_done() && !EndSignals::received() && !deadline.passed()) {
        if (!step()) ::sched_yield();
    }
}

void Supervisor::shut_down() {
    // Also without it: mpirun kills the others as soon as one rank has left. Nothing else moves meanwhile.
    auto const deadline = Deadline::after(shutdown_grace);
    while (!deadline.passed()) {
        while (auto const notice = forks_.next_notice()) {
            bool const is_main = main_ && notice->birth.slot == main_->slot;
            if (!is_main || notice->what != ForkServer::Notice::What::ended) continue;
            if (WIFEXITED(notice->status)) exit_code_ = WEXITSTATUS(notice->status);
            return;
        }
        pollfd fd{forks_.fd(), POLLIN, 0};
        pause({&fd, 1}, deadline.remaining()->count());
    }
}

void Supervisor::report_signal(int signal_number) const {
    if (!world_.is_node_leader()) return;
    std::string why = "the job was told to end (signal " + std::to_string(signal_number);
    if (int const sender = EndSignals::sender(); sender != 0)
        why += ", from " + (sender == ::getppid() ? "its launcher" : "process " + std::to_string(sender));
    why += ")";
    auto const lost = world_.lost_here();
    if (!lost.empty()) {
        why = "rank " + name(lost.front()) +
              " is gone, so the job ends (something killed it; Open MPI ends what is left)";
    }
    say(why);
}

bool Supervisor::ended_by_signal() {
    return EndSignals::received() != 0;
}

bool Supervisor::step() {
    bool any = world_.poll(router_, messages_per_step);
    for (std::size_t i = 0; i < workers_.living().size(); ++i) {
        LocalWorker& worker = *workers_.living()[i];
        any |= drain(worker);
        any |= worker.flush();
        if (worker.wrote_nonsense) end_senseless(worker);
    }
    any |= serve_queued();
    for (auto& [id, service] : pool_services_) {
        any |= service.settle();
        if (auto const look = service.next_look()) be_due(*look);
    }
    any |= collectives_.poll();
    any |= channels_.step();
    bool const looks_around = ++steps_ % 64 == 0;
    // Also where none is said to have come: the fork server may be gone.
    if (looks_around || forks_.has_news()) any |= take_notices();
    if (looks_around || !any) look_for_lost();
    if (limits_due_ && Clock::now() >= next_limits_) enforce_limits();
    wake_touched();
    router_.flush();
    return any;
}

bool Supervisor::serve_queued() {
    bool any = false;
    while (auto const frame = router_.next_for_me()) {
        any = true;
        Address from = link::supervisor_of(world_.rank());
        try {
            link::Frame const whole = frame_in(*frame);
            from = whole.header.from;
            on_frame(whole);
        } catch (link::Nonsense const&) {
            blame(from);
        }
    }
    return any;
}

/// Has the worker ended that has sent a frame on which nothing can be done.
void Supervisor::blame(Address from) {
    bool const is_supervisor = from.slot == link::supervisor_slot;
    bool const is_somewhere = from.rank.value >= 0 && from.rank.value < world_.size();
    if (!is_somewhere || is_supervisor) return;
    if (from.rank != world_.rank()) {
        return router_.send(FrameKind::nonsense_sent, link::supervisor_of(from.rank), {}, from);
    }
    if (LocalWorker* worker = workers_.find(from.slot, from.generation)) worker->wrote_nonsense = true;
}

/// What it would still say cannot be trusted; what it had is done again by others.
void Supervisor::end_senseless(LocalWorker& worker) {
    if (std::exchange(worker.is_being_ended, true)) return;
    worker.backlog.clear();
    say("a worker on rank " + name(world_.rank()) + " (process " + std::to_string(worker.pid) +
        ") wrote nonsense into its link (its memory is damaged), so it is ended");
    forks_.signal(worker.birth, SIGKILL);
}

bool Supervisor::drain(LocalWorker& worker) {
    if (worker.wrote_nonsense) return false;
    try {
        return drain_ring(worker);
    } catch (link::Nonsense const&) {
        worker.wrote_nonsense = true;
        return true;
    }
}

bool Supervisor::drain_ring(LocalWorker& worker) {
    int frames = 0;
    while (frames < frames_per_step) {
        std::uint64_t const position = worker.link->in().position();
        auto const frame = worker.link->in().next();
        if (!frame) break;
        ++frames;
        require_workers_frame(frame->header, worker.address, world_.size());
        worker.in_place.push_back({worker.link->in().position(), true});
        if (auto const rest = Drafts::rest_of(worker, *frame, position)) {
            if (rest->size() > 0) router_.send(frame_in(*rest).header, frame_in(*rest).payload);
            continue;
        }
        bool const for_me =
            frame->header.to.slot == link::supervisor_slot && frame->header.to.rank == world_.rank();
        if (for_me) {
            // A worker's first words must not overtake the news of its predecessor's end.
            serve_queued();
            on_frame(*frame);
        } else {
            router_.forward(*frame, worker);
        }
    }
    worker.release_sent();
    if (frames > 0) expect_results(worker);
    return frames > 0;
}

void Supervisor::wake_touched() {
    for (auto const& worker : workers_.living()) {
        if (!worker->touched) continue;
        worker->touched = false;
        worker->link->wake();
        expect_results(*worker);
    }
}

void Supervisor::expect_results(LocalWorker& worker) {
    if (worker.membership) be_due(Drafts::expect(worker, Clock::now()));
}

void Supervisor::sleep() {
    world_.doorbell().announce_sleep();
    for (auto const& worker : workers_.living()) worker->link->announce_sleep();
    channels_.announce_sleep();
    std::vector<pollfd> fds{{world_.doorbell().fd(), POLLIN, 0},
                            {forks_.fd(), POLLIN, 0},
                            {watch_.fd(), POLLIN, 0},
                            {world_.remote_fd(), POLLIN, 0}};
    std::size_t const others = fds.size();
    auto const living = workers_.living();
    for (auto const& worker : living) {
        fds.push_back({worker->silent ? -1 : worker->link->socket(), POLLIN, 0});
    }
    // Twice, because a probe looks for messages first and only then lets them in.
    if (step() || step()) {
        backoff_.renew();
    } else {
        std::int64_t bound = world_.busy() || collectives_.busy() || channels_.is_restless()
                                 ? nap_ns
                                 : world_.longest_sleep_ns(backoff_.idle_time());
        auto const wake_after = [&bound](std::int64_t ns) { bound = bound < 0 ? ns : std::min(bound, ns); };
        if (limits_due_) wake_after(std::max<std::int64_t>(0, (next_limits_ - Clock::now()).count()));
        if (watch_.next_look_ns() >= 0) wake_after(watch_.next_look_ns());
        EndSignals::pause_unless_received(fds, bound);
    }
    world_.doorbell().end_sleep(fds[0].revents != 0);
    if (fds[3].revents != 0) {
        world_.answer_remote();
        // What it was rung for may come a little later.
        backoff_.renew();
    }
    for (std::size_t i = 0; i < living.size(); ++i) {
        if (living[i]->link->end_sleep(fds[i + others].revents != 0)) continue;
        living[i]->silent = true;
        // It is ending, or has closed the descriptor it cannot work without. A Process may also have become
        // another program, whose end is its end.
        if (living[i]->birth.kind != WorkerKind::process) forks_.signal(living[i]->birth, SIGKILL);
    }
}

std::string Supervisor::name(Rank rank) const {
    return std::to_string(rank.value) + " on " + world_.host(rank);
}

void Supervisor::enforce_limits() {
    std::int64_t next_ns = -1;
    for (auto& [key, pool_host] : pool_hosts_) {
        std::int64_t const due = pool_host.enforce_limits();
        if (due >= 0) next_ns = next_ns < 0 ? due : std::min(next_ns, due);
    }
    limits_due_ = next_ns >= 0;
    auto const now = Clock::now();
    next_limits_ = now + std::chrono::nanoseconds{std::max<std::int64_t>(next_ns, 0)};
    for (auto& [id, service] : pool_services_) {
        service.look(now);
        if (auto const look = service.next_look()) be_due(*look);
    }
}

/// Limits are to be enforced at `at`, if not before.
void Supervisor::be_due(Clock::time_point at) {
    if (limits_due_ && next_limits_ <= at) return;
    limits_due_ = true;
    next_limits_ = at;
}

void Supervisor::on_frame(link::Frame const& frame) {
    switch (frame.header.kind) {
        case FrameKind::shutdown:
            over_ = true;
            return;
        case FrameKind::heartbeat:
            return watch_.on_heartbeat(frame.head<FrameKind::heartbeat>());
        case FrameKind::rank_lost:
            return take_loss(frame.head<FrameKind::rank_lost>());
        case FrameKind::nonsense_sent: {
            auto const sender = frame.head<FrameKind::nonsense_sent>();
            LocalWorker* const worker = workers_.find(sender.slot, sender.generation);
            if (worker) worker->wrote_nonsense = true;
            return;
        }
        case FrameKind::pool_open:
            return open_pool(frame);
        case FrameKind::members_start:
            return start_members(frame);
        case FrameKind::members_resize: {
            auto const pool_host = pool_hosts_.find({frame.header.from.rank, frame.header.pool});
            if (pool_host != pool_hosts_.end())
                pool_host->second.resize(frame.head<FrameKind::members_resize>().size);
            return;
        }
        case FrameKind::members_end: {
            auto const pool_host = pool_hosts_.find({frame.header.from.rank, frame.header.pool});
            if (pool_host == pool_hosts_.end()) return;
            pool_host->second.end(frame.head<FrameKind::members_end>().ending);
            if (pool_host->second.is_over()) pool_hosts_.erase(pool_host);
            return enforce_limits();
        }
        case FrameKind::call_drop: {
            auto const pool_host = pool_hosts_.find({frame.header.from.rank, frame.header.pool});
            if (pool_host == pool_hosts_.end()) return;
            pool_host->second.drop_call(frame.header.call);
            return enforce_limits();
        }
        case FrameKind::status_passed: {
            auto const pool_host = pool_hosts_.find({frame.header.from.rank, frame.header.pool});
            if (pool_host != pool_hosts_.end())
                pool_host->second.answer_status(frame.head<FrameKind::status_passed>());
            return;
        }
        case FrameKind::recall: {
            auto const pool_host = pool_hosts_.find({frame.header.from.rank, frame.header.pool});
            if (pool_host != pool_hosts_.end()) pool_host->second.recall(frame.head<FrameKind::recall>());
            return;
        }
        case FrameKind::exchange_requested:
            // The other ranks may have left already.
            if (over_) return;
            [[fallthrough]];
        case FrameKind::exchange_announced:
            return exchange_.on_frame(frame);
        case FrameKind::block_results:
            return collect_results(frame);
        default:
            return on_pool_frame(frame);
    }
}

void Supervisor::collect_results(link::Frame const& frame) {
    LocalWorker const* worker = workers_.find(frame.header.from.slot);
    if (!worker || !worker->membership) return;
    auto const results = frame.head<FrameKind::block_results>();
    if (results.member != worker->membership->member) link::refuse("results of another member");
    // The home would wait for the word that they are the last.
    if (results.count == 0) link::refuse("results of no tasks");
    exchange_.collect(worker->membership->pool, frame);
}

void Supervisor::on_pool_frame(link::Frame const& frame) {
    if (frame.header.pool == link::blob_pool) return blobs_.on_frame(frame);
    if (frame.header.pool == link::channel_pool || frame.header.pool == link::shared_pool)
        return channels_.on_frame(frame);
    if (frame.header.pool == link::process_pool) return processes_.on_frame(frame);
    auto const service = pool_services_.find(frame.header.pool);
    if (service == pool_services_.end()) return;
    service->second.on_frame(frame);
    if (service->second.is_over()) pool_services_.erase(service);
}

void Supervisor::open_pool(link::Frame const& frame) {
    auto terms = frame.head<FrameKind::pool_open>();
    if (terms.size == 0 || terms.size > link::most_members) link::refuse("a pool of a size that cannot be");
    terms.owner = frame.header.from;
    terms.home = world_.rank();
    pool_services_.try_emplace(frame.header.pool, router_, exchange_, world_.size(), frame.header.pool, terms,
                               frame.tail<FrameKind::pool_open>());
}

void Supervisor::start_members(link::Frame const& frame) {
    auto const terms = frame.head<FrameKind::members_start>();
    PoolKey const key{terms.home, frame.header.pool};
    // The other ranks start theirs meanwhile.
    router_.flush();
    pool_hosts_.try_emplace(key, router_, workers_, forks_, processors_, key, terms,
                            frame.tail<FrameKind::members_start>(), world_.rank(), world_.size());
}

}  // namespace rankpool::supervisor
