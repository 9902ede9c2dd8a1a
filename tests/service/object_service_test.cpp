// SPDX-License-Identifier: MIT
#include "rankpool/service/object_service.hpp"

#include "tests/service/made_up_ranks.hpp"
#include "tests/support/seeds.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace rankpool::supervisor {
namespace {

using link::ChannelId;
using link::FrameKind;
using link::ObjectKind;
using link::Operation;
using link::SharedAnswer;
using link::SharedOutcome;
using link::SharedRequest;
using link::Waiting;

constexpr std::int64_t units = 2;

/// A process that asks one thing at a time.
struct Worker {
    bool is_alive = true;
    std::optional<SharedRequest> pending;
    bool gives_up = false;
    std::map<ChannelId, int> holds;  ///< locks and units
    std::uint64_t numbers = 0;
};

/// What is true of a lock or semaphore.
struct Thing {
    ObjectKind kind{};
    bool owner_died = false;      ///< one that had been told that it has it
    bool owner_may_have = false;  ///< one that had asked for it
};

/// A lock, a semaphore and an event on each of some ranks that are made up, for workers that die with them.
class Household {
  public:
    Household(std::vector<Rank> nodes, std::uint32_t seed) : ranks_(std::move(nodes), seed) {
        for (int number = 0; number < ranks_.size(); ++number) {
            Rank const rank{number};
            services_.push_back(std::make_unique<ObjectService>(ranks_.outbox(rank)));
            ranks_.set_duties(rank, {.supervisor = [this, rank](auto const& frame) { serve(rank, frame); },
                                     .worker = [this](auto const& frame) { hear(frame); },
                                     .rank_lost = [this, rank](Rank lost) { hear_of_loss(rank, lost); }});
            make(rank, 1, ObjectKind::lock);
            make(rank, 2, ObjectKind::semaphore);
            make(rank, 3, ObjectKind::event);
            for (int i = 0; i < 3; ++i) add_worker(rank);
        }
    }

    /// So many deeds; before that with number `loss_at` a rank is lost.
    void live(int deeds, int loss_at) {
        for (int i = 0; i < deeds; ++i) {
            if (i == loss_at) lose();
            do_something();
            for (std::size_t steps = ranks_.any(6); steps > 0; --steps) ranks_.step();
        }
        ranks_.come_to_rest();
        expect_nobody_is_forgotten();
    }
    /// Each gives back what it holds and gives up what it waits for: then all can be had.
    void end() {
        for (auto& [address, worker] : workers_) {
            if (worker.is_alive) give_back_all(address);
            if (worker.is_alive && worker.pending) give_up(address);
        }
        ranks_.come_to_rest();
        for (auto& [address, worker] : workers_) {
            if (!worker.is_alive) continue;
            EXPECT_FALSE(worker.pending) << "nobody answers";
            give_back_all(address);
        }
        ranks_.come_to_rest();
        Address const last{Rank{0}, Slot{0}, Generation{1}};
        for (auto const& [id, thing] : things_) {
            if (ranks_.is_lost(id.home) || thing.kind == ObjectKind::event) continue;
            bool const is_lock = thing.kind == ObjectKind::lock;
            std::int64_t const all = is_lock ? 1 : units;
            for (std::int64_t i = 0; i < all; ++i) {
                ask(last, id, is_lock ? Operation::acquire : Operation::acquire_unit, Waiting::no, 1);
                ranks_.come_to_rest();
            }
            EXPECT_EQ(worker(last).holds[id], all) << "something has not come back";
        }
        EXPECT_EQ(wrong_, 0);
    }

    struct Count {
        int granted = 0;
        int died = 0;  ///< owners whose successor was told
        int gone = 0;  ///< requests answered so
        int late = 0;
    };
    [[nodiscard]] Count const& count() const { return count_; }

  private:
    ObjectService& service(Rank rank) { return *services_[static_cast<std::size_t>(rank.value)]; }
    Worker& worker(Address address) { return workers_.at(address); }
    void add_worker(Rank rank) { workers_[{rank, Slot{next_slot_++}, Generation{1}}]; }
    void make(Rank home, std::uint32_t number, ObjectKind kind) {
        EXPECT_TRUE(service(home).make(number, {.kind = kind, .size = units}));
        things_[{home, number}] = {kind};
    }
    template <class From>
    auto& some(From& all) {
        return *std::next(all.begin(), static_cast<std::ptrdiff_t>(ranks_.any(all.size())));
    }

    void do_something() {
        auto& [who, one] = some(workers_);
        if (!one.is_alive) return;
        if (ranks_.any(25) == 0 && who.slot != Slot{0}) {
            die(who);
            return add_worker(who.rank);
        }
        if (one.pending) {
            if (ranks_.any(4) == 0) give_up(who);
            return;
        }
        auto const& [id, thing] = some(things_);
        auto const waiting = static_cast<Waiting>(ranks_.any(3));
        bool const has_it = one.holds[id] > 0;
        switch (thing.kind) {
            case ObjectKind::lock:
                return has_it ? give_back(who, id) : ask(who, id, Operation::acquire, waiting, 1);
            case ObjectKind::semaphore:
                return has_it ? give_back(who, id) : ask(who, id, Operation::acquire_unit, waiting);
            default:
                return ask(who, id, some(event_deeds), waiting);
        }
    }
    static constexpr std::array event_deeds{Operation::set, Operation::clear, Operation::wait,
                                            Operation::wait, Operation::state};

    void ask(Address who, ChannelId id, Operation operation, Waiting waiting, std::int64_t first = 0) {
        Worker& one = worker(who);
        SharedRequest request{.object = id, .operation = operation, .waiting = waiting};
        request.number = ++one.numbers;
        request.first = first;
        one.pending = request;
        one.gives_up = false;
        tell_service(who, request);
    }
    void give_back(Address who, ChannelId id) {
        --worker(who).holds[id];
        bool const is_lock = things_.at(id).kind == ObjectKind::lock;
        ask(who, id, is_lock ? Operation::release : Operation::release_units, Waiting::no, 1);
    }
    void give_back_all(Address who) {
        for (auto const& [id, count] : std::map{worker(who).holds}) {
            if (worker(who).pending) return;
            for (int i = 0; i < count; ++i) give_back(who, id);
            ranks_.come_to_rest();
        }
    }
    void give_up(Address who) {
        Worker& one = worker(who);
        if (std::exchange(one.gives_up, true)) return;
        SharedRequest request = *one.pending;
        request.operation = Operation::give_up;
        tell_service(who, request);
    }
    void tell_service(Address who, SharedRequest const& request) {
        service(who.rank).on_frame(
            {link::header_of(FrameKind::shared_ask, link::supervisor_of(who.rank), who, link::shared_pool),
             link::bytes_of(request)});
    }

    /// Its supervisor tells the homes.
    void die(Address who) {
        note_death(who);
        for (int home = 0; home < ranks_.size(); ++home) {
            ranks_.outbox(who.rank).send(FrameKind::holder_gone, link::supervisor_of(Rank{home}),
                                         link::channel_pool, link::HolderGone{who, 1});
        }
    }
    void note_death(Address who) {
        Worker& one = worker(who);
        for (auto const& [id, count] : one.holds) {
            if (count > 0) things_.at(id).owner_died = things_.at(id).owner_may_have = true;
        }
        if (one.pending) things_.at(one.pending->object).owner_may_have = true;
        one = {};
        one.is_alive = false;
    }
    void lose() {
        Rank const rank = ranks_.any_living();
        if (rank == Rank{0}) return;
        ranks_.lose(rank);
        for (auto& [address, one] : workers_) {
            if (address.rank != rank || !one.is_alive) continue;
            // It may have given back what the others have not heard of.
            note_death(address);
        }
        services_[static_cast<std::size_t>(rank.value)].reset();
        is_sure_ = false;
    }
    void hear_of_loss(Rank rank, Rank lost) {
        service(rank).processes_ended({[lost](Address const& who) { return who.rank == lost; }});
        for (auto& [address, one] : workers_) {
            if (address.rank != rank) continue;
            std::erase_if(one.holds, [lost](auto const& held) { return held.first.home == lost; });
            // As its client does with what can be answered no more.
            if (one.pending && one.pending->object.home == lost) one.pending.reset();
        }
    }

    void serve(Rank rank, link::Frame const& frame) {
        if (frame.header.kind == FrameKind::shared_ask) return service(rank).on_frame(frame);
        auto const gone = frame.head<FrameKind::holder_gone>();
        service(rank).processes_ended({[&gone](Address const& who) { return who == gone.holder; }, true});
    }

    void hear(link::Frame const& frame) {
        auto const found = workers_.find(frame.header.to);
        if (found == workers_.end() || !found->second.is_alive) return;
        if (frame.header.kind == FrameKind::shared_probe) return;
        Worker& one = found->second;
        auto const answer = frame.head<FrameKind::shared_answer>();
        bool const is_expected = one.pending && one.pending->number == answer.number;
        if (!is_expected) {
            // The client has answered itself.
            wrong_ += is_sure_ ? 1 : 0;
            return;
        }
        SharedRequest const request = *std::exchange(one.pending, std::nullopt);
        take(found->first, request, answer);
    }
    void take(Address who, SharedRequest const& request, SharedAnswer const& answer) {
        Thing& thing = things_.at(request.object);
        switch (answer.outcome) {
            case SharedOutcome::closed:
                ++count_.gone;
                wrong_ += ranks_.is_lost(request.object.home) ? 0 : 1;
                return;
            case SharedOutcome::late:
                ++count_.late;
                wrong_ += worker(who).gives_up || request.waiting == Waiting::no ? 0 : 1;
                return;
            case SharedOutcome::done:
                break;
            default:
                ++wrong_;
                return;
        }
        if (request.operation == Operation::acquire_unit) ++worker(who).holds[request.object];
        if (request.operation == Operation::acquire) {
            ++worker(who).holds[request.object];
            bool const is_told = (answer.flags & link::owner_died) != 0;
            if (is_told) ++count_.died;
            bool const is_right = is_told ? thing.owner_may_have : !thing.owner_died || !is_sure_;
            wrong_ += is_right ? 0 : 1;
            thing.owner_died = thing.owner_may_have = false;
        }
        ++count_.granted;
        std::int64_t const most = thing.kind == ObjectKind::lock ? 1 : units;
        wrong_ += held(request.object) > most ? 1 : 0;
    }
    std::int64_t held(ChannelId id) const {
        std::int64_t count = 0;
        for (auto const& [address, one] : workers_) {
            auto const found = one.holds.find(id);
            if (one.is_alive && found != one.holds.end()) count += found->second;
        }
        return count;
    }

    /// Who waits does so for others, and for what there is.
    void expect_nobody_is_forgotten() {
        for (auto const& [address, one] : workers_) {
            if (!one.is_alive || !one.pending) continue;
            ChannelId const id = one.pending->object;
            EXPECT_FALSE(ranks_.is_lost(id.home));
            EXPECT_NE(one.pending->waiting, Waiting::no);
            EXPECT_FALSE(one.gives_up);
            if (one.pending->operation == Operation::wait) continue;
            std::int64_t const most = things_.at(id).kind == ObjectKind::lock ? 1 : units;
            EXPECT_EQ(held(id), most) << "it waits for what nobody has";
        }
    }

    support::MadeUpRanks ranks_;
    std::vector<std::unique_ptr<ObjectService>> services_;
    std::map<Address, Worker> workers_;
    std::map<ChannelId, Thing> things_;
    std::uint32_t next_slot_ = 0;
    bool is_sure_ = true;  ///< all that has been said has been heard
    int wrong_ = 0;
    Count count_;
};

void live_and_end(std::uint32_t seed, int loss_at, Household::Count& sum) {
    SCOPED_TRACE(seed);
    std::vector<Rank> nodes;
    for (int rank = 0; rank < 2 + static_cast<int>(seed % 3); ++rank) nodes.push_back(Rank{rank / 2 * 2});
    Household all{nodes, seed};
    all.live(200, loss_at);
    all.live(100, -1);
    all.end();
    sum.granted += all.count().granted;
    sum.died += all.count().died;
    sum.gone += all.count().gone;
    sum.late += all.count().late;
}

TEST(ObjectServiceTest, who_waits_gets_an_answer_and_what_the_dead_held_comes_back) {
    Household::Count sum;
    for (std::uint32_t seed = 0; seed < support::seeds(200) && !testing::Test::HasFailure(); ++seed)
        live_and_end(seed, -1, sum);
    EXPECT_GT(sum.granted, 1000);
    EXPECT_GT(sum.died, 50);
    EXPECT_GT(sum.late, 50);
    EXPECT_EQ(sum.gone, 0);
}

TEST(ObjectServiceTest, also_where_a_rank_is_lost_at_any_step) {
    Household::Count sum;
    for (std::uint32_t seed = 0; seed < support::seeds(400) && !testing::Test::HasFailure(); ++seed)
        live_and_end(seed, static_cast<int>(seed % 200), sum);
    EXPECT_GT(sum.died, 50);
    EXPECT_GT(sum.gone, 50);
}

/// Two ranks of two nodes, with a lock on the first.
struct TwoRanks {
    TwoRanks() {
        EXPECT_TRUE(near.make(1, {.kind = ObjectKind::lock}));
        for (Rank const rank : {Rank{0}, Rank{1}}) {
            ranks.set_duties(rank,
                             {.supervisor = [this](auto const& frame) { near.on_frame(frame); },
                              .worker =
                                  [this](auto const& frame) {
                                      answers.push_back(frame.template head<FrameKind::shared_answer>());
                                      last_tail = frame.template tail<FrameKind::shared_answer>().size();
                                  },
                              .rank_lost = [](Rank) {}});
        }
    }
    SharedAnswer ask(ObjectService& service, Rank from, SharedRequest const& request) {
        Address const who{from, Slot{0}, Generation{1}};
        service.on_frame(
            {link::header_of(FrameKind::shared_ask, link::supervisor_of(from), who, link::shared_pool),
             link::bytes_of(request)});
        ranks.come_to_rest();
        EXPECT_EQ(answers.size(), 1U);
        SharedAnswer const answer = answers.at(0);
        answers.clear();
        return answer;
    }

    support::MadeUpRanks ranks{{Rank{0}, Rank{1}}, 1};
    ObjectService near{ranks.outbox(Rank{0})};
    ObjectService far{ranks.outbox(Rank{1})};
    std::vector<SharedAnswer> answers;
    std::size_t last_tail = 0;
};

TEST(ObjectServiceTest, what_is_gone_or_has_never_been_answers_so) {
    TwoRanks two;
    SharedRequest request{.object = {Rank{0}, 1}, .operation = Operation::state, .number = 5};
    EXPECT_EQ(two.ask(two.far, Rank{1}, request).outcome, SharedOutcome::done);
    two.near.remove(1);
    EXPECT_TRUE(two.near.is_empty());
    auto const answer = two.ask(two.far, Rank{1}, request);
    EXPECT_EQ(answer.outcome, SharedOutcome::closed);
    EXPECT_EQ(answer.number, 5U);
    request.object.number = 77;
    EXPECT_EQ(two.ask(two.near, Rank{0}, request).outcome, SharedOutcome::closed);
    two.ranks.lose(Rank{1});
    two.ranks.come_to_rest();
    request.object = {Rank{1}, 1};
    EXPECT_EQ(two.ask(two.near, Rank{0}, request).outcome, SharedOutcome::closed);
}

TEST(ObjectServiceTest, memory_is_for_processes_of_the_node) {
    TwoRanks two;
    SharedRequest const request{.object = {Rank{0}, 1}, .operation = Operation::map_word};
    EXPECT_EQ(two.ask(two.near, Rank{0}, request).outcome, SharedOutcome::done);
    EXPECT_EQ(two.ask(two.far, Rank{1}, request).outcome, SharedOutcome::refused);
}

TEST(ObjectServiceTest, who_holds_what_is_told_from_a_place_on) {
    TwoRanks two;
    SharedRequest const take{.object = {Rank{0}, 1}, .operation = Operation::acquire, .first = 1};
    EXPECT_EQ(two.ask(two.far, Rank{1}, take).outcome, SharedOutcome::done);
    SharedRequest request{.object = {Rank{0}, 0}, .operation = Operation::holdings};
    EXPECT_EQ(two.ask(two.far, Rank{1}, request).first, 1);
    EXPECT_EQ(two.last_tail, sizeof(link::HoldingNote));
    for (std::int64_t const first : {std::int64_t{1}, std::int64_t{99}, std::int64_t{1} << 60}) {
        request.first = first;
        EXPECT_EQ(two.ask(two.far, Rank{1}, request).first, 1);
        EXPECT_EQ(two.last_tail, 0U);
    }
    request.first = -1;
    EXPECT_EQ(two.ask(two.far, Rank{1}, request).first, 1);
    EXPECT_EQ(two.last_tail, sizeof(link::HoldingNote));
}

TEST(ObjectServiceTest, what_no_sound_worker_sends_is_refused) {
    TwoRanks two;
    for (std::int32_t const home : {-1, 2}) {
        SharedRequest const request{.object = {Rank{home}, 1}, .operation = Operation::state};
        EXPECT_THROW(two.ask(two.near, Rank{0}, request), link::Nonsense);
    }
    SharedRequest const request{.object = {Rank{0}, 1}, .operation = Operation::set};
    EXPECT_THROW(two.ask(two.near, Rank{0}, request), link::Nonsense);
    EXPECT_THROW((void)two.near.make(2, {.kind = ObjectKind::barrier, .size = 0}), link::Nonsense);
    Address const who{Rank{0}, Slot{0}, Generation{1}};
    auto const header =
        link::header_of(FrameKind::shared_ask, link::supervisor_of(Rank{0}), who, link::shared_pool);
    EXPECT_THROW(two.near.on_frame({header, {}}), link::Nonsense);
}

}  // namespace
}  // namespace rankpool::supervisor
