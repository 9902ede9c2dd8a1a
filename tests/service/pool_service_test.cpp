// SPDX-License-Identifier: MIT
#include "rankpool/service/pool_service.hpp"

#include "tests/service/made_up_ranks.hpp"
#include "tests/support/seeds.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;

constexpr PoolId pool_id{7};
constexpr CallId call_id{3};
constexpr Rank home_rank{0};
constexpr Address owner{home_rank, Slot{0}, Generation{1}};

/// A pool's home among ranks that are made up, with members that do their tasks, die and come again as chance
/// will have it.
class MadeUpPool {
  public:
    MadeUpPool(int ranks, std::uint64_t members, std::uint32_t seed)
        : ranks_(nodes_of(ranks), seed), members_(members) {
        for (int number = 0; number < ranks; ++number) {
            Rank const rank{number};
            ranks_.set_duties(rank, {.supervisor = [this, rank](auto const& frame) { serve(rank, frame); },
                                     .worker = [this](auto const& frame) { take(frame); },
                                     .rank_lost = [this, rank](Rank lost) { hear_of_loss(rank, lost); }});
        }
        link::PoolTerms terms;
        terms.size = members;
        terms.owner = owner;
        terms.home = home_rank;
        exchange_.emplace(ranks_.outbox(home_rank), ranks_.line(home_rank), home_rank, ranks);
        home_.emplace(ranks_.outbox(home_rank), *exchange_, ranks, pool_id, terms,
                      std::span<std::byte const>{});
        tell_home(FrameKind::call_open, owner, link::bytes_of(link::CallTerms{}));
    }

    /// So many tasks come, in a few frames, between steps of all else, kills, losses of ranks, and results of
    /// tasks that their senders have not got.
    void work(std::uint64_t tasks, int kills, int losses, int lies) {
        while (outcomes_.size() < tasks || kills > 0 || losses > 0 || lies > 0) {
            std::size_t const what = ranks_.any(20);
            if (what == 0 && outcomes_.size() < tasks)
                add_tasks(std::min<std::uint64_t>(tasks - outcomes_.size(), 1 + ranks_.any(40)));
            if (what == 0 && lies > 0) add_tasks(1);
            if (what == 1 && kills > 0 && kill(ranks_.any(members_.size()))) --kills;
            if (what == 2 && losses > 0 && ranks_.any(4) == 0) {
                --losses;
                lose(ranks_.any_living());
            }
            if (what == 3 && lies > 0 && lie(ranks_.any(members_.size()))) --lies;
            if (what >= 4) go_on();
        }
        for (int idle = 0; idle < 500;) idle = go_on() ? 0 : idle + 1;
    }
    void close() {
        tell_home(FrameKind::pool_close, owner, link::bytes_of(link::PoolEnd{}));
        ranks_.come_to_rest();
    }

    /// What the owner was told of each task: so many results and losses.
    struct Told {
        int results = 0;
        int losses = 0;
        int crashes = 0;  ///< which the owner need not be told
    };
    [[nodiscard]] std::vector<Told> const& outcomes() const { return outcomes_; }
    /// So many lies were noticed.
    [[nodiscard]] int refusals() const { return refusals_; }
    [[nodiscard]] bool is_closed() const { return is_closed_ && home_->is_over(); }

  private:
    struct MemberProcess {
        Address address;
        bool is_alive = false;
        bool is_up = false;  ///< has said so
        bool is_informed = false;
        std::deque<link::Batch> batches;  ///< what is left of each
        bool is_at_task = false;          ///< the first
    };

    static std::vector<Rank> nodes_of(int ranks) {
        std::vector<Rank> nodes;
        for (int rank = 0; rank < ranks; ++rank) nodes.push_back(Rank{rank});
        return nodes;
    }
    [[nodiscard]] Rank host_of(std::size_t member) const {
        return Rank{static_cast<int>(member % static_cast<std::size_t>(ranks_.size()))};
    }
    static Member number_of(std::size_t member) { return Member{static_cast<std::uint32_t>(member)}; }

    void send(Address from, Address to, FrameKind kind, std::span<std::byte const> head,
              std::span<std::byte const> body = {}) {
        ranks_.outbox(from.rank).send(link::header_of(kind, to, from, pool_id, call_id), head, body);
    }
    void tell_home(FrameKind kind, Address from, std::span<std::byte const> head,
                   std::span<std::byte const> body = {}) {
        send(from, link::supervisor_of(home_rank), kind, head, body);
    }

    void add_tasks(std::uint64_t count) {
        std::vector<std::byte> records(count * sizeof(std::uint32_t));
        link::Tasks const tasks{.first = outcomes_.size(), .count = count};
        tell_home(FrameKind::tasks, owner, link::bytes_of(tasks), records);
        outcomes_.resize(outcomes_.size() + count);
    }

    /// Something happens; false where nothing could.
    bool go_on() {
        bool any = ranks_.step_noting_progress();
        any |= home_->settle();
        if (auto const time = home_->next_look(); time && ranks_.any(8) == 0) home_->look(*time);
        std::size_t const member = ranks_.any(members_.size());
        return do_something(members_[member], number_of(member)) || any;
    }

    static link::MemberState state_of(MemberProcess const& process, Member member) {
        link::MemberState state;
        state.member = member;
        state.address = process.address;
        return state;
    }

    bool do_something(MemberProcess& process, Member member) {
        if (!process.is_alive) return false;
        if (!process.is_up) {
            process.is_up = true;
            tell_home(FrameKind::member_up, process.address, link::bytes_of(state_of(process, member)));
            return true;
        }
        if (process.batches.empty()) return false;
        if (!process.is_at_task) return process.is_at_task = true;
        process.is_at_task = false;
        link::Batch& batch = process.batches.front();
        link::Results const results{.first = batch.first++, .count = 1, .member = member, .busy_ns = 1000};
        std::array<std::byte, 5> const record{std::byte{1}};
        tell_home(FrameKind::results, process.address, link::bytes_of(results), record);
        if (--batch.count == 0) process.batches.pop_front();
        return true;
    }

    void start(std::size_t member) {
        members_[member].address = {host_of(member), Slot{next_slot_++}, Generation{1}};
        members_[member].is_alive = true;
    }
    /// Tells what it was at.
    void end(std::size_t member, EndCause cause) {
        MemberProcess& process = members_[member];
        link::MemberState state = state_of(process, number_of(member));
        state.cause = cause;
        if (process.is_at_task) {
            state.was_running = 1;
            state.call = call_id;
            state.task = process.batches.front().first;
        }
        process = {};
        tell_home(FrameKind::member_down, link::supervisor_of(host_of(member)), link::bytes_of(state));
    }
    /// Its host starts another. One that has not said that it is up is left: three of these break a pool.
    bool kill(std::size_t member) {
        MemberProcess const& process = members_[member];
        if (!process.is_alive || !process.is_up) return false;
        if (process.is_at_task) ++outcomes_[process.batches.front().first].crashes;
        end(member, EndCause::crashed);
        start(member);
        return true;
    }
    /// Its supervisor ends it for that.
    bool lie(std::size_t member) {
        MemberProcess const& process = members_[member];
        if (!process.is_at_task) return false;
        constexpr std::uint32_t more_than_there_are = 10'000;
        std::vector<std::byte> const records(more_than_there_are * sizeof(std::uint32_t));
        link::Results const results{.first = process.batches.front().first,
                                    .count = more_than_there_are,
                                    .member = number_of(member),
                                    .busy_ns = 1000};
        tell_home(FrameKind::results, process.address, link::bytes_of(results), records);
        return kill(member);
    }
    void lose(Rank rank) {
        if (rank == home_rank) return;
        ranks_.lose(rank);
        for (std::size_t member = 0; member < members_.size(); ++member) {
            if (host_of(member) == rank) members_[member] = {};
        }
    }
    void hear_of_loss(Rank rank, Rank lost) {
        if (rank == home_rank) home_->rank_lost(lost);
    }

    void serve(Rank rank, link::Frame const& frame) {
        switch (frame.header.kind) {
            case FrameKind::members_start:
                return for_members_of(rank, [this](std::size_t member) { start(member); });
            case FrameKind::members_end:
                for_members_of(rank, [this](std::size_t member) {
                    if (members_[member].is_alive) end(member, EndCause::retired);
                });
                return tell_home(FrameKind::members_ended, link::supervisor_of(rank),
                                 link::bytes_of(link::PoolEnd{}));
            case FrameKind::recall:
                return give_back(rank, frame.head<FrameKind::recall>());
            default:
                ASSERT_EQ(rank, home_rank);
                try {
                    home_->on_frame(frame);
                } catch (link::Nonsense const&) {
                    EXPECT_EQ(frame.header.kind, FrameKind::results);
                    ++refusals_;
                }
        }
    }
    template <class Use>
    void for_members_of(Rank rank, Use use) {
        for (std::size_t member = 0; member < members_.size(); ++member) {
            if (host_of(member) == rank) use(member);
        }
    }

    /// What has not begun of a batch, which may have come in pieces, but for one of so many shares.
    void give_back(Rank rank, link::Recall const& recall) {
        MemberProcess& process = members_.at(recall.member.value);
        if (!process.is_alive || process.address != recall.address) return;
        std::uint32_t left = 0;
        for (link::Batch& batch : process.batches) {
            if (!is_of(batch, recall)) continue;
            bool const is_begun = process.is_at_task && &batch == &process.batches.front();
            left += batch.count - (is_begun ? 1 : 0);
        }
        link::Recall answer = recall;
        answer.count = left - (recall.shares == 0 ? 0 : left / recall.shares);
        for (std::uint32_t rest = answer.count; rest > 0;) {
            auto const last = std::find_if(process.batches.rbegin(), process.batches.rend(),
                                           [&](link::Batch const& one) { return is_of(one, recall); });
            std::uint32_t const taken = std::min(rest, last->count);
            rest -= taken;
            last->count -= taken;
            answer.first = last->first + last->count;
            if (last->count == 0) process.batches.erase(std::next(last).base());
        }
        tell_home(FrameKind::recalled, link::supervisor_of(rank), link::bytes_of(answer));
    }
    static bool is_of(link::Batch const& batch, link::Recall const& recall) {
        return batch.whole > 0 && batch.allotment == recall.allotment && batch.number == recall.number;
    }

    void take(link::Frame const& frame) {
        if (frame.header.to == owner) return hear_outcome(frame);
        auto const process = std::ranges::find_if(members_, [&](MemberProcess const& one) {
            return one.is_alive && one.address == frame.header.to;
        });
        if (process == members_.end()) return;
        if (frame.header.kind == FrameKind::call_info) process->is_informed = true;
        if (frame.header.kind != FrameKind::batch) return;
        EXPECT_TRUE(process->is_informed);
        process->batches.push_back(frame.head<FrameKind::batch>());
    }

    void hear_outcome(link::Frame const& frame) {
        if (frame.header.kind == FrameKind::results) {
            auto const results = frame.head<FrameKind::results>();
            for (std::uint64_t i = 0; i < results.count; ++i) ++outcomes_.at(results.first + i).results;
        }
        if (frame.header.kind == FrameKind::task_lost)
            ++outcomes_.at(frame.head<FrameKind::task_lost>().task).losses;
        if (frame.header.kind == FrameKind::pool_closed) is_closed_ = true;
    }

    support::MadeUpRanks ranks_;
    std::vector<MemberProcess> members_;
    std::uint32_t next_slot_ = 1;
    std::optional<Exchange> exchange_;
    std::optional<PoolService> home_;
    std::vector<Told> outcomes_;
    int refusals_ = 0;
    bool is_closed_ = false;
};

void expect_each_once(std::uint32_t seed, int kills, int losses, int lies = 0) {
    std::mt19937 random{seed};
    int const ranks = 1 + static_cast<int>(random() % 5);
    MadeUpPool pool{ranks, 1 + random() % 10, seed};
    pool.work(1 + random() % 300, kills, losses, lies);
    int lost = 0;
    for (auto const& told : pool.outcomes()) {
        ASSERT_EQ(told.results + told.losses, 1);
        lost += told.losses;
        if (losses > 0) continue;
        ASSERT_EQ(told.losses, told.crashes >= 2 ? 1 : 0);
    }
    EXPECT_LE(lost, kills + lies);
    EXPECT_EQ(pool.refusals(), lies);
    pool.close();
    EXPECT_TRUE(pool.is_closed());
}

TEST(PoolServiceTest, every_task_is_done_once) {
    for (std::uint32_t seed = 0; seed < support::seeds(200) && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        expect_each_once(seed, 0, 0);
    }
}

TEST(PoolServiceTest, a_task_is_given_up_when_two_workers_have_died_at_it_and_others_are_done_once) {
    for (std::uint32_t seed = 0; seed < support::seeds(300) && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        expect_each_once(seed, 1 + static_cast<int>(seed % 20), 0);
    }
}

TEST(PoolServiceTest, results_of_tasks_that_a_worker_has_not_got_count_for_nothing) {
    for (std::uint32_t seed = 0; seed < support::seeds(200) && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        expect_each_once(seed, static_cast<int>(seed % 3), 0, 1 + static_cast<int>(seed % 4));
    }
}

TEST(PoolServiceTest, lost_ranks_cost_no_task) {
    for (std::uint32_t seed = 0; seed < support::seeds(300) && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        expect_each_once(seed, static_cast<int>(seed % 5), 1 + static_cast<int>(seed % 3));
    }
}

}  // namespace
}  // namespace rankpool::supervisor
