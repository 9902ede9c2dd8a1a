// SPDX-License-Identifier: MIT
// How the ranks take leave of one another.
#include "rankpool/transport/communicators.hpp"
#include "rankpool/transport/mpi_call.hpp"
#include "rankpool/transport/world.hpp"

#include <mpi.h>
#include <sched.h>

#include <cstdlib>

namespace rankpool::transport {
namespace {

namespace mpi = boost::mpi;

/// How long the others are waited for at the end when some have been lost; more may be.
constexpr std::chrono::seconds leave_timeout{2};
constexpr int leave_tag = 1;

/// Messages that come now are for workers that have ended.
class Discard : public Receiver {
    std::byte* place(Inbox, std::size_t) override { return nullptr; }
    void placed(Inbox) override {}
    void arrived(Inbox, Buffer) override {}
};

}  // namespace

bool World::leave(std::function<bool()> const& give_up, Deadline const& deadline) {
    if (is_whole() && leave_together(give_up, deadline)) return true;
    if (!give_up()) leave_without_lost(give_up);
    return false;
}

bool World::leave_together(std::function<bool()> const& give_up, Deadline const& deadline) {
    if (!mpi_) return true;
    Discard discard;
    auto is_in_vain = [&, looks = 0]() mutable {
        if (give_up()) return true;
        return ++looks % 1024 == 0 && (deadline.passed() || !lost_here().empty());
    };
    while (busy()) {
        if (is_in_vain()) return false;
        poll(discard, 64);
    }
    MPI_Request barrier = MPI_REQUEST_NULL;
    mpi_call("MPI_Ibarrier", MPI_Ibarrier, mpi_->collectives, &barrier);
    for (int done = 0; done == 0;) {
        if (is_in_vain()) return false;
        mpi_call("MPI_Test", MPI_Test, &barrier, &done, MPI_STATUS_IGNORE);
        poll(discard, 64);
        ::sched_yield();
    }
    return true;
}

/// Rank 0 is to leave last, since some launchers end what is left when a rank has gone.
void World::leave_without_lost(std::function<bool()> const& give_up) {
    Discard discard;
    auto const deadline = Deadline::after(leave_timeout);
    auto const wait_for = [&](auto condition) {
        while (!condition() && !give_up() && !deadline.passed()) {
            poll(discard, 64);
            ::sched_yield();
        }
    };
    wait_for([&] { return !busy(); });
    if (rank_ != Rank{0}) {
        if (is_lost(Rank{0})) return;
        mpi::request leave = mpi_->collectives.isend(0, leave_tag);
        return wait_for([&] { return leave.test().has_value(); });
    }
    int left = size() - 1 - lost_count_;
    wait_for([&] {
        while (left > 0 && mpi_->collectives.iprobe(mpi::any_source, leave_tag)) {
            mpi_->collectives.recv(mpi::any_source, leave_tag);
            --left;
        }
        return left == 0;
    });
}

void World::abort(int exit_code) {
    if (mpi_) MPI_Abort(mpi_->messages, exit_code);
    std::_Exit(exit_code);
}

}  // namespace rankpool::transport
