// SPDX-License-Identifier: MIT
#include "tests/simulate/dispatcher.hpp"

#include "rankpool/core/ids.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <utility>
#include <vector>

namespace rankpool::simulate {
namespace {

using schedule::Assign;
using schedule::Decision;

constexpr CallId call{0};

class PoolScheduler : public Dispatcher {
  public:
    PoolScheduler(std::size_t workers, std::size_t chunksize) : scheduler_{{.size = workers}} {
        scheduler_.call_opened(call, {.chunksize = chunksize});
    }

    void tasks_added(std::uint64_t count, std::uint64_t bytes) override {
        scheduler_.tasks_added(call, count, bytes);
    }
    void member_up(Member member) override { scheduler_.member_up(member); }
    /// No task is blamed for the loss of its rank.
    void member_down(Member member) override {
        scheduler_.member_down(member, EndCause::retired, std::nullopt);
    }
    bool tasks_done(Member member, std::uint64_t first, std::uint64_t count,
                    std::chrono::nanoseconds busy) override {
        return scheduler_.tasks_done(member, {call, first}, count, busy);
    }
    void tasks_recalled(schedule::Recall const& returned) override {
        scheduler_.tasks_recalled(returned.member, returned.ticket, returned.first, returned.count,
                                  returned.shares);
    }
    [[nodiscard]] bool may_recall() const override { return scheduler_.may_recall(); }
    void members_wait() override { scheduler_.members_wait(); }
    std::optional<Decision> next() override { return scheduler_.next(); }
    [[nodiscard]] std::uint64_t unfinished() const override { return scheduler_.unfinished(call); }

  private:
    schedule::Scheduler scheduler_;
};

/// Each member has one chunk at a time, of a size that the rest of the tasks says; none comes back.
class SelfScheduling : public Dispatcher {
  public:
    SelfScheduling(Policy policy, std::size_t workers) : policy_{policy}, held_(workers) {}

    void tasks_added(std::uint64_t count, std::uint64_t /*bytes*/) override { added_ += count; }
    void member_up(Member member) override { idle_.push_back(member); }
    void member_down(Member /*member*/) override {
        throw std::invalid_argument("self-scheduling without losses only");
    }
    bool tasks_done(Member member, std::uint64_t /*first*/, std::uint64_t count,
                    std::chrono::nanoseconds /*busy*/) override {
        std::uint64_t& held = held_.at(member.value);
        if (held < count) return false;
        held -= count;
        done_ += count;
        if (held == 0) idle_.push_back(member);
        return true;
    }
    void tasks_recalled(schedule::Recall const& /*returned*/) override {}
    [[nodiscard]] bool may_recall() const override { return false; }
    void members_wait() override {}

    std::optional<Decision> next() override {
        if (idle_.empty() || given_ == added_) return std::nullopt;
        Member const member = idle_.front();
        idle_.pop_front();
        std::uint64_t const count = std::min(chunk(), added_ - given_);
        held_.at(member.value) = count;
        return Assign{call, member, std::exchange(given_, given_ + count), count};
    }
    [[nodiscard]] std::uint64_t unfinished() const override { return added_ - done_; }

  private:
    std::uint64_t chunk() {
        std::uint64_t const rest = added_ - given_;
        std::uint64_t const workers = held_.size();
        if (policy_ == Policy::guided) return (rest + workers - 1) / workers;
        if (left_of_round_ == 0) {
            left_of_round_ = workers;
            chunk_of_round_ = (rest + 2 * workers - 1) / (2 * workers);
        }
        --left_of_round_;
        return chunk_of_round_;
    }

    Policy policy_;
    std::vector<std::uint64_t> held_;
    std::deque<Member> idle_;
    std::uint64_t added_ = 0;
    std::uint64_t given_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t left_of_round_ = 0;
    std::uint64_t chunk_of_round_ = 0;
};

}  // namespace

std::unique_ptr<Dispatcher> make_dispatcher(Policy policy, std::size_t workers, std::size_t chunksize) {
    if (policy == Policy::rankpool) return std::make_unique<PoolScheduler>(workers, chunksize);
    return std::make_unique<SelfScheduling>(policy, workers);
}

}  // namespace rankpool::simulate
