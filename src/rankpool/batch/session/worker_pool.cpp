// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/worker_pool.hpp"

#include "rankpool/worker/worker_state.hpp"

#include <chrono>
#include <cstddef>
#include <utility>

namespace rankpool::batch {

WorkerPool::WorkerPool(long size, PoolOptions const& options)
    : pool_(worker::this_worker().mailbox, size, options) {}

void WorkerPool::leave_out(std::string const& host) {
    auto const& hosts = pool_.mailbox().hosts();
    for (std::size_t rank = 0; rank < hosts.size(); ++rank) {
        if (hosts[rank] == host) pool_.rest(Rank{static_cast<int>(rank)});
    }
}

/// Of this rank, where the main worker makes them.
std::optional<std::vector<HeldNow>> WorkerPool::ask_held() {
    // Nobody waits for the answer: at the end none may come.
    if (!held_question_) held_question_.emplace(Rank{0});
    auto const answer = held_question_->take();
    if (!answer) return std::nullopt;
    held_question_.reset();
    constexpr std::size_t most = 100;
    std::vector<HeldNow> all;
    for (Holding const& one : *answer) {
        if (all.size() == most) break;
        HeldNow held{one.object, one.process, one.rank, one.waits, one.amount, {}};
        if (one.duration) held.seconds = std::chrono::duration<double>(*one.duration).count();
        all.push_back(std::move(held));
    }
    return all;
}

}  // namespace rankpool::batch
