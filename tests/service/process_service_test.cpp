// SPDX-License-Identifier: MIT
#include "rankpool/service/process_service.hpp"

#include "tests/service/made_up_ranks.hpp"
#include "tests/support/seeds.hpp"

#include <errno.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string_view>

namespace rankpool::supervisor {
namespace {

using link::ChildId;
using link::FrameKind;
using link::ProcessNews;
using link::ProcessTerms;

constexpr std::string_view orders = "a name and arguments";

/// A process in its own words.
struct Life {
    std::optional<ChildId> child = {};  ///< none: nobody's
    bool is_daemon = false;
    bool is_alive = false;  ///< else it is to be born
    bool is_served = false;
    bool is_alone = false;  ///< has been told that its parent is gone
    int signal = 0;         ///< which it has got
    std::uint64_t started = 0;
};

/// What a parent was told of a child, and what is true.
struct Told {
    Rank wanted{-1};
    int born = 0;
    int unborn = 0;
    int ended = 0;
    bool is_wrong = false;  ///< told in an order that cannot be
    int status = 0;
    Address address = {};
    std::optional<int> real_status = {};
};

/// The processes of one rank, which chance lets be born and end.
class MadeUpWorkers final : public Workers {
  public:
    explicit MadeUpWorkers(Rank rank) : rank_(rank) {}

    [[nodiscard]] bool is_alive(Address worker) const override {
        auto const found = lives.find(worker);
        return found != lives.end() && found->second.is_alive;
    }
    Address start_process() override {
        Address const address{rank_, Slot{slots_++}, Generation{1}};
        lives[address] = {};
        return address;
    }
    void signal(Address worker, int number) override {
        if (is_alive(worker)) lives[worker].signal = number;
    }

    std::map<Address, Life> lives;

  private:
    Rank rank_;
    std::uint32_t slots_ = 0;
};

/// Processes on ranks that are made up, which start, signal and outlive each other as chance will have it.
class Families {
  public:
    Families(int ranks, std::uint32_t seed) : ranks_(nodes_of(ranks), seed) {
        for (int number = 0; number < ranks; ++number) {
            Rank const rank{number};
            workers_.push_back(std::make_unique<MadeUpWorkers>(rank));
            services_.push_back(std::make_unique<ProcessService>(ranks_.outbox(rank), *workers_.back()));
            ranks_.set_duties(rank,
                              {.supervisor = [this, rank](auto const& frame) { serve(rank, frame); },
                               .worker = [this](auto const& frame) { hear(frame); },
                               .rank_lost = [this, rank](Rank lost) { service(rank).rank_lost(lost); }});
            for (int i = 0; i < 2; ++i) workers(rank).lives[workers(rank).start_process()].is_alive = true;
        }
    }

    /// So many deeds, and before that with number `loss_at` a rank is lost.
    void live(int deeds, int loss_at) {
        for (int i = 0; i < deeds; ++i) {
            if (i == loss_at) lose();
            do_something();
            for (std::size_t steps = ranks_.any(6); steps > 0; --steps) ranks_.step();
        }
        come_to_rest();
    }
    /// All that somebody has started ends.
    void end_all() {
        for (auto const& [address, life] : all_lives()) {
            if (life.child && is_alive(address)) end(address, 0);
        }
        come_to_rest();
    }
    void lose() {
        Rank const rank = ranks_.any_living();
        if (rank == Rank{0}) return;
        ranks_.lose(rank);
        for (auto const& [address, life] : workers(rank).lives) {
            if (life.child) told_[*life.child].real_status = SIGKILL;
        }
        workers(rank).lives.clear();
        services_[static_cast<std::size_t>(rank.value)].reset();
    }

    /// Every parent that lives knows how it is with its children, and every child with its parent.
    void expect_all_know() {
        for (auto const& [child, told] : told_) {
            if (is_alive(child.parent)) expect_parent_knows(child, told);
        }
        for (auto const& [address, life] : all_lives()) {
            if (!life.child) continue;
            EXPECT_TRUE(life.is_served);
            bool const has_parent = is_alive(life.child->parent);
            EXPECT_TRUE(has_parent || life.is_alone) << "nobody told it that its parent is gone";
            EXPECT_TRUE(has_parent || !life.is_daemon) << "a daemon without a parent";
            EXPECT_FALSE(has_parent && life.is_alone);
        }
        EXPECT_EQ(wrong_, 0);
    }
    void expect_empty() const {
        for (auto const& service : services_) EXPECT_TRUE(!service || service->is_empty());
    }

    /// How often parents heard what.
    struct Count {
        int ended = 0;
        int unborn = 0;
        int lost = 0;
        int alone = 0;
    };
    void add_to(Count& count) {
        for (auto const& [child, told] : told_) {
            if (!is_alive(child.parent)) continue;
            count.ended += told.ended;
            count.unborn += told.unborn;
            if (told.ended + told.unborn > 0 && told.real_status == SIGKILL) ++count.lost;
        }
        for (auto const& [address, life] : all_lives()) count.alone += life.is_alone ? 1 : 0;
    }

  private:
    static std::vector<Rank> nodes_of(int ranks) {
        std::vector<Rank> nodes;
        for (int rank = 0; rank < ranks; ++rank) nodes.push_back(Rank{rank});
        return nodes;
    }
    ProcessService& service(Rank rank) { return *services_[static_cast<std::size_t>(rank.value)]; }
    MadeUpWorkers& workers(Rank rank) { return *workers_[static_cast<std::size_t>(rank.value)]; }
    bool is_alive(Address address) { return workers(address.rank).is_alive(address); }
    Life& life(Address address) { return workers(address.rank).lives.at(address); }

    std::map<Address, Life> all_lives() const {
        std::map<Address, Life> all;
        for (auto const& rank : workers_) all.insert(rank->lives.begin(), rank->lives.end());
        return all;
    }
    template <class Which>
    std::optional<Address> some(Which which) {
        std::vector<Address> found;
        for (auto const& [address, life] : all_lives()) {
            if (which(address, life)) found.push_back(address);
        }
        if (found.empty()) return std::nullopt;
        return found[ranks_.any(found.size())];
    }

    void do_something() {
        auto const living = [](Address, Life const& life) { return life.is_alive; };
        switch (ranks_.any(8)) {
            case 0:
            case 1:
            case 2:
                return start(*some(living));
            case 3:
            case 4:
                decide_a_birth();
                return;
            case 5:
                if (auto const who = some([this](Address address, Life const& life) {
                        return life.is_alive && !is_last_root(address, life);
                    }))
                    end(*who, static_cast<int>(ranks_.any(3)) << 8);
                return;
            case 6:
                return signal_a_child();
            default:
                obey_a_signal();
        }
    }
    /// One is left on rank 0 that may have heard something.
    bool is_last_root(Address address, Life const& life) const {
        return !life.child && address.rank == Rank{0} && address.slot == Slot{0};
    }

    void start(Address parent) {
        ProcessTerms terms;
        terms.child = {parent, ++life(parent).started};
        terms.where = Rank{static_cast<int>(ranks_.any(static_cast<std::size_t>(ranks_.size()) + 1)) - 1};
        terms.is_daemon = ranks_.any(2) == 0 ? 1 : 0;
        told_[terms.child].wanted = terms.where;
        std::vector<std::byte> payload(sizeof terms + orders.size());
        std::memcpy(payload.data(), &terms, sizeof terms);
        std::ranges::copy(std::as_bytes(std::span{orders}), payload.data() + sizeof terms);
        tell_service(FrameKind::process_start, parent, payload);
    }
    void tell_service(FrameKind kind, Address from, std::span<std::byte const> payload) {
        service(from.rank).on_frame(
            {link::header_of(kind, link::supervisor_of(from.rank), from, link::process_pool), payload});
    }

    bool decide_a_birth() {
        auto const who = some([](Address, Life const& life) { return !life.is_alive; });
        if (!who) return false;
        if (ranks_.any(4) == 0) {
            told_[*life(*who).child].real_status = EAGAIN;
            service(who->rank).unborn(*who, EAGAIN);
            workers(who->rank).lives.erase(*who);
        } else {
            life(*who).is_alive = true;
            service(who->rank).born(*who, 1 + static_cast<int>(who->slot.value));
        }
        return true;
    }
    void end(Address who, int status) {
        if (life(who).child) told_[*life(who).child].real_status = status;
        service(who.rank).worker_ended(who, status);
        workers(who.rank).lives.erase(who);
    }
    bool obey_a_signal() {
        auto const who = some([](Address, Life const& life) { return life.signal != 0; });
        if (who) end(*who, life(*who).signal);
        return who.has_value();
    }
    void signal_a_child() {
        for (auto const& [child, told] : told_) {
            if (told.born == 0 || told.ended > 0 || !is_alive(child.parent) || ranks_.any(3) != 0) continue;
            ProcessNews const news{child, told.address, 0, SIGTERM};
            return tell_service(FrameKind::process_signal, child.parent, link::bytes_of(news));
        }
    }

    void come_to_rest() {
        bool any = true;
        while (any) {
            ranks_.come_to_rest();
            any = decide_a_birth() || obey_a_signal();
        }
    }

    void serve(Rank rank, link::Frame const& frame) {
        auto const before = workers(rank).lives.size();
        service(rank).on_frame(frame);
        if (frame.header.kind != FrameKind::process_spawn || workers(rank).lives.size() == before) return;
        auto& [address, newest] = *workers(rank).lives.rbegin();
        newest.child = frame.head<FrameKind::process_spawn>().child;
        newest.is_daemon = frame.head<FrameKind::process_spawn>().is_daemon != 0;
    }

    void hear(link::Frame const& frame) {
        if (!is_alive(frame.header.to)) return;
        Life& reader = life(frame.header.to);
        if (frame.header.kind == FrameKind::process_serve) {
            bool const is_own = frame.head<FrameKind::process_serve>().child == reader.child;
            bool const is_whole =
                std::ranges::equal(frame.tail<FrameKind::process_serve>(), std::as_bytes(std::span{orders}));
            if (!is_own || !is_whole || std::exchange(reader.is_served, true)) ++wrong_;
        } else if (frame.header.kind == FrameKind::parent_gone) {
            reader.is_alone = true;
        } else {
            hear_of_child(frame);
        }
    }
    void hear_of_child(link::Frame const& frame) {
        auto const news =
            frame.head<FrameKind::process_born, FrameKind::process_unborn, FrameKind::process_ended>();
        Told& told = told_.at(news.child);
        told.is_wrong |= news.child.parent != frame.header.to || told.ended + told.unborn > 0;
        switch (frame.header.kind) {
            case FrameKind::process_born:
                ++told.born;
                told.address = news.address;
                return;
            case FrameKind::process_unborn:
                ++told.unborn;
                told.is_wrong |= told.born > 0;
                return;
            default:
                ++told.ended;
                told.status = news.status;
                told.is_wrong |= told.born == 0 || told.address != news.address;
        }
    }

    void expect_parent_knows(ChildId const& child, Told const& told) {
        auto const process =
            some([&child](Address, Life const& life) { return life.is_alive && life.child == child; });
        EXPECT_FALSE(told.is_wrong);
        EXPECT_LE(told.born, 1);
        EXPECT_EQ(told.ended + told.unborn, process ? 0 : 1)
            << "child " << child.number << " of rank " << child.parent.rank.value;
        EXPECT_TRUE(!process || told.born == 1);
        // A loss may be known before what the rank had still said.
        bool const is_true =
            told.status == told.real_status || (told.status == SIGKILL && ranks_.is_lost(told.address.rank));
        EXPECT_TRUE(told.ended == 0 || is_true) << told.status;
    }

    support::MadeUpRanks ranks_;
    std::vector<std::unique_ptr<MadeUpWorkers>> workers_;
    std::vector<std::unique_ptr<ProcessService>> services_;
    std::map<ChildId, Told> told_;
    int wrong_ = 0;
};

TEST(ProcessServiceTest, a_parent_hears_once_how_its_child_has_ended) {
    Families::Count count;
    for (std::uint32_t seed = 0; seed < support::seeds(200) && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Families all{1 + static_cast<int>(seed % 5), seed};
        all.live(80, -1);
        all.expect_all_know();
        all.end_all();
        all.expect_all_know();
        all.expect_empty();
        all.add_to(count);
    }
    EXPECT_GT(count.ended, 100);
    EXPECT_GT(count.unborn, 100);
}

TEST(ProcessServiceTest, also_where_a_rank_is_lost_at_any_step) {
    Families::Count count;
    for (std::uint32_t seed = 0; seed < support::seeds(1000) && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Families all{2 + static_cast<int>(seed % 4), seed};
        all.live(80, static_cast<int>(seed % 80));
        if (seed % 3 == 0) all.lose();
        all.live(20, static_cast<int>(seed % 40));
        all.expect_all_know();
        all.add_to(count);
        all.end_all();
        all.expect_all_know();
        all.expect_empty();
    }
    EXPECT_GT(count.lost, 100);
    EXPECT_GT(count.alone, 100);
}

/// One rank and its first worker.
struct OneRank {
    OneRank() { workers.lives[workers.start_process()].is_alive = true; }

    void tell(FrameKind kind, Address from, std::span<std::byte const> payload) {
        service.on_frame(
            {link::header_of(kind, link::supervisor_of(Rank{0}), from, link::process_pool), payload});
    }

    support::MadeUpRanks ranks{{Rank{0}}, 1};
    MadeUpWorkers workers{Rank{0}};
    ProcessService service{ranks.outbox(Rank{0}), workers};
    Address first{Rank{0}, Slot{0}, Generation{1}};
};

TEST(ProcessServiceTest, what_no_sound_worker_sends_is_refused) {
    OneRank one;
    Address const other{Rank{0}, Slot{7}, Generation{1}};
    ProcessTerms terms;
    terms.child = {other, 1};
    EXPECT_THROW(one.tell(FrameKind::process_start, one.first, link::bytes_of(terms)), link::Nonsense);
    terms.child = {one.first, 1};
    terms.where = Rank{1};
    EXPECT_THROW(one.tell(FrameKind::process_start, one.first, link::bytes_of(terms)), link::Nonsense);
    terms.where = Rank{-1};
    terms.name_bytes = 1;
    EXPECT_THROW(one.tell(FrameKind::process_start, one.first, link::bytes_of(terms)), link::Nonsense);
    ProcessNews const news{{other, 1}, one.first, 0, SIGKILL};
    EXPECT_THROW(one.tell(FrameKind::process_signal, one.first, link::bytes_of(news)), link::Nonsense);
    EXPECT_TRUE(one.service.is_empty());
}

TEST(ProcessServiceTest, nobody_is_signalled_but_a_child) {
    OneRank one;
    // A worker that is no process of that name.
    ProcessNews const news{{one.first, 1}, one.first, 0, SIGKILL};
    one.tell(FrameKind::process_signal, one.first, link::bytes_of(news));
    EXPECT_EQ(one.workers.lives.at(one.first).signal, 0);
}

}  // namespace
}  // namespace rankpool::supervisor
