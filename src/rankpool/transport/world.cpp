// SPDX-License-Identifier: MIT
#include "rankpool/transport/world.hpp"

#include "rankpool/transport/communicators.hpp"
#include "rankpool/transport/mpi_call.hpp"

#include <errno.h>
#include <mpi.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace rankpool::transport {
namespace {

namespace mpi = boost::mpi;

constexpr std::int64_t tick_ns = 10'000'000;
constexpr std::int64_t shortest_tick_ns = 30'000;
/// Where everybody can ring: a look now and then costs nothing, and no lost wake-up can stop the job.
constexpr std::int64_t longest_ns = 1'000'000'000;

bool is_readable(int fd) {
    pollfd look{fd, POLLIN, 0};
    return fd >= 0 && ::poll(&look, 1, 0) > 0;
}

std::size_t size_of(MPI_Status const& message) {
    int bytes = 0;
    mpi_call("MPI_Get_count", MPI_Get_count, &message, MPI_CHAR, &bytes);
    return static_cast<std::size_t>(bytes);
}

}  // namespace

struct World::Outgoing {
    mpi::request request;
    Rank to;
    Buffer own;
    std::function<void()> done;
};

World::World(std::uint64_t program_fingerprint, Ranks ranks, FarWaking far)
    : mpi_(ranks == Ranks::one ? nullptr : std::make_unique<Communicators>()),
      rank_{mpi_ ? mpi_->messages.rank() : 0} {
    bootstrap(program_fingerprint, far);
}

World::~World() = default;

/// It may sleep, and there is something for it.
void World::wake(Rank rank) {
    if (remote_ && node(rank) != node(rank_)) return remote_->ring(rank);
    doorbell_.ring(rank);
}

void World::send(Rank to, Inbox inbox, Buffer message) {
    if (is_lost(to)) return;
    assert(mpi_ && "a rank sends itself nothing");
    auto const bytes = message.bytes();
    Outgoing& out = outgoing_.emplace_back(Outgoing{{}, to, std::move(message), {}});
    out.request =
        mpi_->messages.isend(to.value, static_cast<int>(inbox), reinterpret_cast<char const*>(bytes.data()),
                             static_cast<int>(bytes.size()));
    if (out.request.test()) outgoing_.pop_back();
    wake(to);
}

void World::send_in_place(Rank to, Inbox inbox, std::span<std::byte const> message,
                          std::function<void()> done) {
    if (is_lost(to)) return done();
    assert(mpi_ && "a rank sends itself nothing");
    mpi::request request =
        mpi_->messages.isend(to.value, static_cast<int>(inbox), reinterpret_cast<char const*>(message.data()),
                             static_cast<int>(message.size()));
    if (request.test()) {
        done();
    } else {
        outgoing_.emplace_back(Outgoing{std::move(request), to, {}, std::move(done)});
    }
    wake(to);
}

bool World::finish_sends() {
    bool any = false;
    for (auto out = outgoing_.begin(); out != outgoing_.end();) {
        if (out->request.test()) {
            if (out->done) out->done();
            out = outgoing_.erase(out);
            any = true;
        } else {
            // The receiver may have gone to sleep between two parts of the handshake.
            wake(out->to);
            ++out;
        }
    }
    return any;
}

bool World::poll(Receiver& receiver, int most) {
    if (!mpi_) return false;
    bool any = finish_sends();
    if (remote_ && remote_->is_calling()) remote_->call_again();
    for (int i = 0; i < most; ++i) {
        auto const status = mpi_->messages.iprobe();
        if (!status) break;
        any = true;
        if (remote_) remote_->heard(Rank{status->source()}, Clock::now());
        auto const inbox = static_cast<Inbox>(status->tag());
        auto const size = size_of(*status);
        auto const receive = [&](std::byte* to) {
            mpi_->messages.recv(status->source(), status->tag(), reinterpret_cast<char*>(to),
                                static_cast<int>(size));
        };
        if (is_lost(Rank{status->source()})) {
            Buffer late{size};
            receive(late.data());
        } else if (std::byte* place = receiver.place(inbox, size)) {
            receive(place);
            receiver.placed(inbox);
        } else {
            Buffer message{size};
            receive(message.data());
            receiver.arrived(inbox, std::move(message));
        }
    }
    return any;
}

std::vector<Rank> World::lost_here() const {
    std::vector<Rank> lost;
    for (Peer const& peer : peers_) {
        bool const is_gone = peer.pid != 0 && (is_readable(peer.process.get()) ||
                                               (::kill(peer.pid, 0) != 0 && errno == ESRCH));
        if (is_gone && !is_lost(peer.rank) && !doorbell_.has_announced_end(peer.rank)) {
            lost.push_back(peer.rank);
        }
    }
    return lost;
}

bool World::is_node_leader() const {
    // The lowest of those that live.
    auto const gone = lost_here();
    auto const lives = [&](Peer const& peer) {
        return !is_lost(peer.rank) && std::find(gone.begin(), gone.end(), peer.rank) == gone.end();
    };
    return std::find_if(peers_.begin(), peers_.end(), lives)->rank == rank_;
}

Rank World::neighbour() const {
    auto const living_after = [this](Rank rank) {
        return std::find_if(peers_.begin(), peers_.end(),
                            [&](Peer const& peer) { return rank < peer.rank && !is_lost(peer.rank); });
    };
    auto next = living_after(rank_);
    if (next == peers_.end()) next = living_after(Rank{-1});
    return next->rank;
}

int World::neighbour_fd() const {
    Rank const next = neighbour();
    if (next == rank_) return -1;
    return std::find_if(peers_.begin(), peers_.end(), [&](Peer const& peer) { return peer.rank == next; })
        ->process.get();
}

void World::mark_lost(Rank rank) {
    if (is_lost(rank)) return;
    lost_[static_cast<std::size_t>(rank.value)] = true;
    ++lost_count_;
    if (remote_) remote_->mark_lost(rank);
    std::list<std::function<void()>> done;
    for (auto out = outgoing_.begin(); out != outgoing_.end();) {
        auto const next = std::next(out);
        if (out->to == rank) {
            if (out->done) done.push_back(std::move(out->done));
            stranded_.splice(stranded_.end(), outgoing_, out);
        }
        out = next;
    }
    for (auto const& call : done) call();
}

std::int64_t World::longest_sleep_ns(std::chrono::nanoseconds idle) const {
    bool const everybody_rings = doorbell_.is_hung() && (!remote_ || remote_->is_hung());
    if (ranks_here() == size() && everybody_rings) return longest_ns;
    // In the midst of a talk short, so that an answer is late by a part of what it takes anyway.
    return std::clamp(static_cast<std::int64_t>(idle.count()) / 4, shortest_tick_ns,
                      everybody_rings && remote_ ? longest_ns : tick_ns);
}

}  // namespace rankpool::transport
