// SPDX-License-Identifier: MIT
#include "rankpool/service/channel_service.hpp"

#include "rankpool/core/wake_socket.hpp"

#include "tests/service/made_up_ranks.hpp"
#include "tests/support/seeds.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <tuple>

namespace rankpool::supervisor {
namespace {

using link::Ask;
using link::ChannelEnd;
using link::ChannelId;
using link::EndChange;
using link::FrameKind;
using link::InFlightId;
using Status = link::ChannelRing::Status;

/// What a process knows of what it holds and waits for.
struct Worker {
    bool is_alive = true;
    std::set<ChannelEnd> holds;
    /// For these it stands still: something it makes, and where; an end that has come; one it has dropped.
    std::optional<Rank> making;
    std::optional<ChannelEnd> claiming;
    bool may_be_refused = false;
    std::optional<ChannelEnd> dropping;
    /// Items that it waits for, by number.
    std::map<std::uint64_t, ChannelEnd> asks;
    std::map<std::uint64_t, Status> answers;
    std::uint64_t numbers = 0;
    int sent = 0;  ///< that has not arrived: as long it drops nothing

    [[nodiscard]] bool is_busy() const { return making || claiming || dropping; }
};

/// An end that is on its way.
struct Parcel {
    ChannelEnd end;
    InFlightId in_flight;  ///< without a number: its sender keeps it until it has arrived
    Address from;
    Address to;  ///< of a letter
};

enum class Kind { queue, pipe, object };
struct Made {
    Kind kind;
    int order;  ///< ends go only in queues that are older: none is inside itself
};

/// Channels on ranks that are made up, whose ends go from worker to worker as chance will have it.
class Traffic {
  public:
    Traffic(std::vector<Rank> nodes, std::uint32_t seed) : ranks_(std::move(nodes), seed) {
        for (int number = 0; number < ranks_.size(); ++number) {
            Rank const rank{number};
            services_.push_back(std::make_unique<ChannelService>(ranks_.outbox(rank), bell_.name()));
            ranks_.set_duties(rank, {.supervisor = [this, rank](auto const& frame) { serve(rank, frame); },
                                     .worker = [this](auto const& frame) { hear(frame); },
                                     .rank_lost = [this, rank](Rank lost) { hear_of_loss(rank, lost); }});
            for (int i = 0; i < 3; ++i) add_worker(rank);
        }
    }

    /// So many deeds; before that with number `loss_at` a rank is lost.
    void live(int deeds, int loss_at) {
        for (int i = 0; i < deeds; ++i) {
            if (i == loss_at) lose();
            do_something();
            for (std::size_t steps = ranks_.any(8); steps > 0; --steps) step();
        }
        come_to_rest();
    }
    /// Who holds an end can use it; who waits has been told what there is to tell.
    void expect_all_is_right() {
        for (auto& [address, worker] : workers_) {
            if (!worker.is_alive) continue;
            EXPECT_FALSE(worker.is_busy()) << "nobody answers";
            for (auto const& [number, end] : worker.asks) {
                EXPECT_TRUE(is_counted(peer(end), Counting::at_most)) << "it waits for what cannot come";
            }
            for (ChannelEnd const& end : std::set{worker.holds}) expect_use(address, end);
        }
        EXPECT_EQ(wrong_, 0);
    }
    /// Everybody lets go of everything, some by dying.
    void end_all() {
        for (auto& [address, worker] : workers_) {
            if (!worker.is_alive) continue;
            give_up_all(address);
            for (ChannelEnd const& end : std::set{worker.holds}) {
                if (ranks_.any(2) == 0) drop(address, end, false);
            }
            if (!worker.holds.empty()) die(address);
        }
        come_to_rest();
    }
    void expect_empty() const {
        for (auto const& service : services_)
            EXPECT_TRUE(!service || service->is_empty()) << "something is left";
    }

    struct Count {
        int used = 0;
        int ended = 0;    ///< ends that have been found closed by those who hold the other
        int refused = 0;  ///< that came when they were gone
        int carried = 0;  ///< taken out of queues
    };
    [[nodiscard]] Count const& count() const { return count_; }

  private:
    ChannelService& service(Rank rank) { return *services_[static_cast<std::size_t>(rank.value)]; }
    Worker& worker(Address address) { return workers_.at(address); }
    bool is_alive(Address address) { return worker(address).is_alive; }
    void add_worker(Rank rank) { workers_[{rank, Slot{next_slot_++}, Generation{1}}]; }

    Address some_worker() {
        for (;;) {
            auto const next =
                std::next(workers_.begin(), static_cast<std::ptrdiff_t>(ranks_.any(workers_.size())));
            if (next->second.is_alive) return next->first;
        }
    }
    template <class Which>
    std::optional<ChannelEnd> some_end(Address holder, Which which) {
        std::vector<ChannelEnd> found;
        std::ranges::copy_if(worker(holder).holds, std::back_inserter(found), which);
        if (found.empty()) return std::nullopt;
        return found[ranks_.any(found.size())];
    }
    std::optional<ChannelEnd> some_end(Address holder) {
        return some_end(holder, [](ChannelEnd const&) { return true; });
    }
    Kind kind(ChannelEnd const& end) const { return made_.at(end.channel).kind; }
    ChannelEnd peer(ChannelEnd const& end) const {
        return kind(end) == Kind::pipe ? ChannelEnd{end.channel, 1 - end.end} : end;
    }

    void do_something() {
        Address const who = some_worker();
        Worker& one = worker(who);
        if (one.is_busy()) return step();
        switch (ranks_.any(16)) {
            case 0:
                return make(who, Kind::queue);
            case 1:
                return make(who, Kind::pipe);
            case 2:
                return make(who, Kind::object);
            case 3:
            case 4:
            case 5:
                return post(who);
            case 6:
            case 7:
            case 8:
                return put(who);
            case 9:
            case 13:
            case 14:
                return take(who);
            case 12:
                if (auto const end = some_end(who); end && may_let_go(who))
                    drop(who, *end, ranks_.any(2) == 0);
                return;
            case 10:
                if (one.sent > 0 || ranks_.any(2) == 0) return;
                die(who);
                return add_worker(who.rank);
            case 11:
                return wait_for_item(who);
            default:
                return ranks_.any(2) == 0 ? give_up_all(who) : ask_for_what_it_has_not(who);
        }
    }
    /// A process that waits for an item, or for what it has sent to arrive, is at that.
    bool may_let_go(Address who) { return worker(who).sent == 0 && worker(who).asks.empty(); }

    template <class Head>
    void tell(Address from, FrameKind kind, Head const& head, PoolId pool = link::channel_pool) {
        auto const bytes = link::bytes_of(head);
        rings_[from].emplace_back(
            [this, from, kind, pool, payload = std::vector<std::byte>(bytes.begin(), bytes.end())] {
                note_counted(from.rank, kind, payload);
                service(from.rank).on_frame(
                    {link::header_of(kind, link::supervisor_of(from.rank), from, pool), payload});
            });
    }

    void make(Address who, Kind kind) {
        Worker& one = worker(who);
        one.making = who.rank;
        making_[who] = kind;
        if (kind != Kind::object)
            return tell(who, FrameKind::channel_make,
                        link::ChannelTerms{kind == Kind::pipe ? 2U : 1U, 0, 0, 4096});
        link::ObjectTerms terms{.kind = link::ObjectKind::event};
        terms.where = Rank{static_cast<int>(ranks_.any(static_cast<std::size_t>(ranks_.size()) + 1)) - 1};
        if (terms.where != Rank{-1}) one.making = terms.where;
        tell(who, FrameKind::shared_make, terms);
    }

    InFlightId fresh_in_flight_id(Address who) { return {who, ++tokens_}; }

    /// To another, as an argument that is kept, or as a result.
    void post(Address who) {
        auto const end = some_end(who);
        if (!end) return;
        InFlightId const in_flight = ranks_.any(2) == 0 ? InFlightId{who, 0} : fresh_in_flight_id(who);
        if (in_flight.number != 0) tell(who, FrameKind::channel_depart, EndChange{*end, in_flight, {}, 0});
        letters_.push_back({*end, in_flight, who, some_worker()});
        ++worker(who).sent;
    }
    void put(Address who) {
        auto const end = some_end(who);
        if (!end) return;
        auto const queue = some_end(who, [&](ChannelEnd const& other) {
            return kind(other) == Kind::queue && made_.at(other.channel).order < made_.at(end->channel).order;
        });
        if (!queue) return;
        EndChange const change{*end, fresh_in_flight_id(who), queue->channel, 0};
        tell(who, FrameKind::channel_depart, change);
        bool const is_refused = ranks_.any(5) == 0 || ranks_.is_lost(queue->channel.home);
        if (is_refused) return tell(who, FrameKind::channel_return, change);
        items_[queue->channel].push_back({*end, change.in_flight, who, {}});
    }
    void take(Address who) {
        auto const queue = some_end(who, [&](ChannelEnd const& other) {
            return items_.contains(other.channel) && !items_[other.channel].empty();
        });
        if (!queue) return;
        auto& items = items_[queue->channel];
        Parcel const item = items.front();
        items.pop_front();
        ++count_.carried;
        claim(who, item, queue->channel);
    }
    bool read_a_letter() {
        auto const next = std::ranges::find_if(
            letters_, [&](Parcel const& letter) { return !worker(letter.to).is_busy(); });
        if (next == letters_.end()) return false;
        Parcel const letter = *next;
        letters_.erase(next);
        if (is_alive(letter.to)) {
            claim(letter.to, letter, {});
        } else if (is_alive(letter.from)) {
            --worker(letter.from).sent;
            come_back(letter);
        }
        return true;
    }
    /// Nobody will read it.
    void come_back(Parcel const& letter) {
        if (letter.in_flight.number == 0 || !is_alive(letter.from)) return;
        tell(letter.from, FrameKind::channel_return, EndChange{letter.end, letter.in_flight, {}, 0});
    }
    void claim(Address who, Parcel const& parcel, ChannelId carrier) {
        Worker& one = worker(who);
        one.claiming = parcel.end;
        // What was counted for a lost rank, and lies in no queue, is counted no more.
        one.may_be_refused = carrier.number == 0 && ranks_.is_lost(parcel.from.rank);
        claims_[who] = {parcel, carrier};
        InFlightId const in_flight = parcel.in_flight.number == 0 ? InFlightId{} : parcel.in_flight;
        tell(who, FrameKind::channel_claim, EndChange{parcel.end, in_flight, carrier, 0});
    }
    void drop(Address who, ChannelEnd const& end, bool is_awaited) {
        worker(who).holds.erase(end);
        if (is_awaited) worker(who).dropping = end;
        tell(who, FrameKind::channel_drop, EndChange{end, {}, {}, is_awaited ? 1U : 0U});
    }

    void wait_for_item(Address who) {
        auto const end = some_end(who, [&](ChannelEnd const& one) { return kind(one) != Kind::object; });
        if (end && worker(who).asks.empty()) ask(who, *end, Ask::take, 0);
    }
    std::uint64_t ask(Address who, ChannelEnd const& end, Ask what, std::uint32_t is_nowait) {
        Worker& one = worker(who);
        link::RingRequest request;
        request.channel = end.channel;
        request.ring = kind(end) == Kind::pipe ? 1 - end.end : 0;
        request.what = what;
        request.is_nowait = is_nowait;
        request.number = ++one.numbers;
        one.asks[request.number] = end;
        tell(who, FrameKind::channel_ask, request);
        return request.number;
    }
    void give_up_all(Address who) {
        for (auto const& [number, end] : worker(who).asks) {
            link::RingRequest request;
            request.channel = end.channel;
            request.ring = kind(end) == Kind::pipe ? 1 - end.end : 0;
            request.what = Ask::give_up;
            request.number = number;
            tell(who, FrameKind::channel_ask, request);
        }
    }
    /// As a worker whose memory is damaged may.
    void ask_for_what_it_has_not(Address who) {
        for (auto const& [channel, made] : made_) {
            bool const has_it =
                worker(who).holds.contains({channel, 0}) || worker(who).holds.contains({channel, 1});
            if (has_it || made.kind == Kind::object || ranks_.any(3) != 0) continue;
            strange_.insert({who, ask(who, {channel, 0}, Ask::take, 0)});
            return;
        }
    }

    /// Its supervisor has read all that it had written.
    void die(Address who) {
        for (auto& ring : std::exchange(rings_[who], {})) ring();
        forget(who);
        service(who.rank).worker_ended(who, static_cast<int>(ranks_.any(2)));
    }
    void forget(Address who) {
        claim_is_over(who);
        worker(who) = {};
        worker(who).is_alive = false;
        rings_.erase(who);
    }
    void lose() {
        Rank const rank = ranks_.any_living();
        if (rank == Rank{0}) return;
        ranks_.lose(rank);
        for (auto const& [address, one] : workers_) {
            if (address.rank != rank) continue;
            auto const claim = claims_.find(address);
            bool const is_letter = claim != claims_.end() && claim->second.second.number == 0;
            if (is_letter) come_back(claim->second.first);
            forget(address);
        }
        services_[static_cast<std::size_t>(rank.value)].reset();
        for (auto& [queue, items] : items_) {
            if (queue.home == rank) items.clear();
            // Nobody may ever have heard that they have departed.
            std::erase_if(items, [&](Parcel const& item) {
                if (item.from.rank != rank || counted_.contains(item.in_flight)) return false;
                unsure_.emplace_back(item.end, queue);
                return true;
            });
        }
        for (auto& [address, claim] : claims_) {
            auto const& [parcel, carrier] = claim;
            bool const is_unsure =
                carrier.number == 0 ? parcel.from.rank == rank
                                    : carrier.home == rank ||
                                          (parcel.from.rank == rank && !counted_.contains(parcel.in_flight));
            worker(address).may_be_refused |= is_unsure;
        }
    }

    void step() {
        switch (ranks_.any(6)) {
            case 0:
                support::look_at_a_ring(rings_, ranks_);
                return;
            case 1:
                if (ranks_.any(3) == 0) read_a_letter();
                return;
            case 2:
                for (auto const& service : services_) {
                    if (service && ranks_.any(3) == 0) service->step();
                }
                return;
            default:
                ranks_.step();
        }
    }
    void come_to_rest() {
        bool any = true;
        while (any) {
            any = support::look_at_a_ring(rings_, ranks_);
            for (std::size_t steps = ranks_.any(4); steps > 0; --steps) ranks_.step();
            if (any) continue;
            ranks_.come_to_rest();
            for (auto const& service : services_) any |= service && service->step();
            any |= read_a_letter();
            std::erase_if(rings_, [](auto const& entry) { return entry.second.empty(); });
            any |= !rings_.empty();
        }
    }

    /// The home of an end has heard that it is on its way.
    void note_counted(Rank rank, FrameKind kind, std::span<std::byte const> payload) {
        if (kind != FrameKind::channel_depart) return;
        EndChange change;
        std::memcpy(&change, payload.data(), sizeof change);
        if (change.end.channel.home == rank) counted_.insert(change.in_flight);
    }
    void serve(Rank rank, link::Frame const& frame) {
        note_counted(rank, frame.header.kind, frame.payload);
        service(rank).on_frame(frame);
    }

    void hear(link::Frame const& frame) {
        auto const found = workers_.find(frame.header.to);
        if (found == workers_.end() || !found->second.is_alive) return;
        switch (frame.header.kind) {
            case FrameKind::channel_here:
                return hear_place(found->first, found->second, frame.head<FrameKind::channel_here>());
            case FrameKind::channel_dropped:
                if (found->second.dropping == frame.head<FrameKind::channel_dropped>().end)
                    found->second.dropping.reset();
                return;
            case FrameKind::shared_answer: {
                auto const answer = frame.head<FrameKind::shared_answer>();
                bool const is_gone = answer.outcome == link::SharedOutcome::closed;
                return hear_answer(found->first, answer.number, is_gone ? Status::closed : Status::wait);
            }
            case FrameKind::channel_answer: {
                auto const answer = frame.head<FrameKind::channel_answer>();
                return hear_answer(found->first, answer.number, answer.outcome);
            }
            default:
                ++wrong_;
        }
    }
    void hear_answer(Address who, std::uint64_t number, Status outcome) {
        Worker& one = worker(who);
        if (one.asks.erase(number) == 0) return;
        one.answers[number] = outcome;
        if (strange_.contains({who, number}) && outcome != Status::closed) ++wrong_;
    }
    void hear_place(Address who, Worker& one, link::ChannelPlace const& place) {
        if (one.claiming == place.end) {
            bool const may_be_gone = one.may_be_refused || ranks_.is_lost(place.end.channel.home);
            if (place.exists == 0 && !may_be_gone) ++wrong_;
            if (place.exists == 0) ++count_.refused;
            if (place.exists != 0) one.holds.insert(place.end);
            one.claiming.reset();
            return claim_is_over(who);
        }
        if (!one.making || place.end.channel.home != *one.making) return;
        one.making.reset();
        if (place.exists == 0) {
            if (!ranks_.is_lost(place.end.channel.home)) ++wrong_;
            return;
        }
        Kind const kind = making_.at(who);
        made_[place.end.channel] = {kind, static_cast<int>(made_.size())};
        for (std::uint32_t end = 0; end < (kind == Kind::pipe ? 2U : 1U); ++end)
            one.holds.insert({place.end.channel, end});
    }
    /// The sender may let go of what it has kept for it.
    void claim_is_over(Address who) {
        auto const claim = claims_.extract(who);
        if (claim.empty() || claim.mapped().second.number != 0) return;
        Worker& sender = worker(claim.mapped().first.from);
        if (sender.is_alive) --sender.sent;
    }

    void hear_of_loss(Rank rank, Rank lost) {
        service(rank).rank_lost(lost);
        for (auto& [address, one] : workers_) {
            if (address.rank == rank && one.is_alive) tell_loss(one, lost);
            if (address.rank == rank && one.is_alive && !one.claiming) claim_is_over(address);
        }
    }
    /// Once; what is asked for after it must be answered.
    static void tell_loss(Worker& one, Rank lost) {
        if (one.making == lost) one.making.reset();
        if (one.claiming && one.claiming->channel.home == lost) one.claiming.reset();
        if (one.dropping && one.dropping->channel.home == lost) one.dropping.reset();
        std::erase_if(one.asks, [&](auto const& ask) {
            if (ask.second.channel.home != lost) return false;
            one.answers[ask.first] = Status::closed;
            return true;
        });
    }

    enum class Counting { at_least, at_most };
    /// Whether somebody can still use that end: `at_least` what is sure, `at_most` with what may be.
    bool is_counted(ChannelEnd const& end, Counting counting) const {
        if (ranks_.is_lost(end.channel.home)) return false;
        bool const is_held = std::ranges::any_of(workers_, [&](auto const& entry) {
            return entry.second.is_alive && entry.second.holds.contains(end);
        });
        if (is_held) return true;
        for (auto const& [queue, items] : items_) {
            bool const is_inside =
                std::ranges::any_of(items, [&](Parcel const& item) { return item.end == end; });
            if (is_inside && is_counted({queue, 0}, counting)) return true;
        }
        return counting == Counting::at_most && std::ranges::any_of(unsure_, [&](auto const& unsure) {
                   return unsure.first == end && is_counted({unsure.second, 0}, counting);
               });
    }

    void expect_use(Address who, ChannelEnd const& end) {
        if (ranks_.is_lost(end.channel.home)) return;
        ++count_.used;
        auto const number = kind(end) == Kind::object ? look_at(who, end) : ask(who, end, Ask::take, 1);
        come_to_rest();
        auto const answer = worker(who).answers.find(number);
        ASSERT_NE(answer, worker(who).answers.end()) << "nobody answers";
        bool const is_closed = answer->second == Status::closed;
        if (is_closed) ++count_.ended;
        EXPECT_FALSE(is_closed && is_counted(peer(end), Counting::at_least)) << "closed, but held";
        EXPECT_TRUE(is_closed || is_counted(peer(end), Counting::at_most)) << "open, but held by nobody";
    }
    std::uint64_t look_at(Address who, ChannelEnd const& end) {
        link::SharedRequest request;
        request.object = end.channel;
        request.number = ++worker(who).numbers;
        worker(who).asks[request.number] = end;
        tell(who, FrameKind::shared_ask, request, link::shared_pool);
        return request.number;
    }

    WakeSocket bell_;
    support::MadeUpRanks ranks_;
    std::vector<std::unique_ptr<ChannelService>> services_;
    std::map<Address, Worker> workers_;
    support::Rings rings_;
    std::map<Address, Kind> making_;
    std::map<ChannelId, Made> made_;
    std::map<Address, std::pair<Parcel, ChannelId>>
        claims_;  ///< of those who wait: what, and out of which queue
    std::map<ChannelId, std::deque<Parcel>> items_;
    std::deque<Parcel> letters_;
    std::set<InFlightId> counted_;
    std::vector<std::pair<ChannelEnd, ChannelId>> unsure_;  ///< may count for what lies in that queue
    std::set<std::pair<Address, std::uint64_t>> strange_;   ///< asked by those who may not
    std::uint32_t next_slot_ = 0;
    std::uint64_t tokens_ = 0;
    int wrong_ = 0;
    Count count_;
};

/// The ranks of up to three nodes.
std::vector<Rank> some_nodes(std::uint32_t seed, std::size_t least) {
    std::mt19937 random{seed};
    std::size_t const count = least + random() % 4;
    std::map<std::size_t, Rank> first;
    std::vector<Rank> nodes;
    for (std::size_t rank = 0; rank < count; ++rank)
        nodes.push_back(first.try_emplace(random() % 3, Rank{static_cast<int>(rank)}).first->second);
    return nodes;
}

void add(Traffic::Count& sum, Traffic::Count const& one) {
    sum.used += one.used;
    sum.ended += one.ended;
    sum.refused += one.refused;
    sum.carried += one.carried;
}

TEST(ChannelServiceTest, what_is_held_is_open_and_what_nobody_holds_is_gone) {
    Traffic::Count count;
    for (std::uint32_t seed = 0; seed < support::seeds(200) && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Traffic all{some_nodes(seed, 1), seed};
        all.live(150, -1);
        all.expect_all_is_right();
        all.live(150, -1);
        all.expect_all_is_right();
        EXPECT_EQ(all.count().refused, 0);
        all.end_all();
        all.expect_empty();
        add(count, all.count());
    }
    EXPECT_GT(count.used, 1000);
    EXPECT_GT(count.ended, 50);
    EXPECT_GT(count.carried, 500);
}

TEST(ChannelServiceTest, also_where_a_rank_is_lost_at_any_step) {
    Traffic::Count count;
    for (std::uint32_t seed = 0; seed < support::seeds(500) && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Traffic all{some_nodes(seed, 2), seed};
        all.live(150, static_cast<int>(seed % 150));
        all.expect_all_is_right();
        all.live(150, static_cast<int>(seed % 300));
        all.expect_all_is_right();
        all.end_all();
        all.expect_empty();
        add(count, all.count());
    }
    EXPECT_GT(count.used, 2000);
    EXPECT_GT(count.ended, 100);
    EXPECT_GT(count.refused, 5);
}

/// Two ranks; the first is the home of a pipe whose ends its first worker has made, who has given the second
/// one to a worker of the other rank.
struct OnePipe {
    OnePipe() {
        for (Rank const rank : {Rank{0}, Rank{1}}) {
            ranks.set_duties(
                rank, {.supervisor = [this, rank](auto const& frame) { service(rank).on_frame(frame); },
                       .worker = [this](auto const& frame) { hear(frame); },
                       .rank_lost = [this, rank](Rank lost) { service(rank).rank_lost(lost); }});
        }
        tell(maker, FrameKind::channel_make, link::ChannelTerms{2, 0, 0, 4096});
        pipe = place.end.channel;
        tell(other, FrameKind::channel_claim, EndChange{{pipe, 1}, {}, {}, 0});
        tell(maker, FrameKind::channel_drop, EndChange{{pipe, 1}, {}, {}, 0});
    }
    ChannelService& service(Rank rank) { return rank == Rank{0} ? first : second; }
    template <class Head>
    void tell(Address from, FrameKind kind, Head const& head) {
        service(from.rank).on_frame(
            {link::header_of(kind, link::supervisor_of(from.rank), from, link::channel_pool),
             link::bytes_of(head)});
        ranks.come_to_rest();
    }
    std::optional<Status> take(Address who, std::uint32_t is_nowait) {
        answer.reset();
        link::RingRequest request;
        request.channel = pipe;
        request.ring = 1;
        request.what = Ask::take;
        request.is_nowait = is_nowait;
        tell(who, FrameKind::channel_ask, request);
        return answer;
    }
    void hear(link::Frame const& frame) {
        if (frame.header.kind == FrameKind::channel_here) place = frame.head<FrameKind::channel_here>();
        if (frame.header.kind == FrameKind::channel_answer)
            answer = frame.head<FrameKind::channel_answer>().outcome;
    }

    Address maker{Rank{0}, Slot{1}, Generation{1}};
    Address other{Rank{1}, Slot{1}, Generation{1}};
    WakeSocket bell;
    support::MadeUpRanks ranks{{Rank{0}, Rank{1}}, 1};
    ChannelService first{ranks.outbox(Rank{0}), bell.name()};
    ChannelService second{ranks.outbox(Rank{1}), bell.name()};
    ChannelId pipe;
    link::ChannelPlace place;
    std::optional<Status> answer;
};

TEST(ChannelServiceTest, an_end_that_has_ended_does_not_begin_again) {
    OnePipe one;
    EXPECT_EQ(one.place.exists, 1U);
    EXPECT_EQ(one.take(one.maker, 1), Status::wait);
    InFlightId const in_flight{one.other, 1};
    one.tell(one.other, FrameKind::channel_depart, EndChange{{one.pipe, 1}, in_flight, {}, 0});
    one.ranks.lose(Rank{1});
    one.ranks.come_to_rest();
    EXPECT_EQ(one.take(one.maker, 1), Status::closed);
    one.tell(one.maker, FrameKind::channel_claim, EndChange{{one.pipe, 1}, in_flight, {}, 0});
    EXPECT_EQ(one.place.exists, 0U);
    one.tell(one.maker, FrameKind::channel_drop, EndChange{{one.pipe, 0}, {}, {}, 0});
    EXPECT_TRUE(one.first.is_empty());
}

TEST(ChannelServiceTest, who_holds_no_end_is_refused_and_stands_in_no_line) {
    OnePipe one;
    Address const stranger{Rank{1}, Slot{2}, Generation{1}};
    EXPECT_EQ(one.take(stranger, 0), Status::closed);
    EXPECT_EQ(one.take(one.maker, 0), std::nullopt);
    one.tell(one.other, FrameKind::channel_drop, EndChange{{one.pipe, 1}, {}, {}, 0});
    one.first.step();
    one.ranks.come_to_rest();
    EXPECT_EQ(one.answer, Status::closed) << "it waits for what cannot come";
}

TEST(ChannelServiceTest, what_no_sound_worker_sends_is_refused) {
    OnePipe one;
    auto const refuses = [&one](FrameKind kind, auto const& head) {
        EXPECT_THROW(one.tell(one.maker, kind, head), link::Nonsense);
    };
    refuses(FrameKind::channel_make, link::ChannelTerms{3, 0, 0, 4096});
    refuses(FrameKind::channel_claim, EndChange{{{Rank{2}, 1}, 0}, {}, {}, 0});
    refuses(FrameKind::channel_claim, EndChange{{{Rank{-1}, 1}, 0}, {}, {}, 0});
    refuses(FrameKind::channel_drop, EndChange{{one.pipe, 2}, {}, {}, 0});
    refuses(FrameKind::channel_depart, EndChange{{one.pipe, 0}, {one.maker, 1}, {Rank{7}, 1}, 0});
    refuses(FrameKind::channel_ask, link::RingRequest{.channel = one.pipe, .ring = 2, .what = Ask::take});
    refuses(FrameKind::channel_ask, link::RingRequest{.channel = one.pipe, .what = static_cast<Ask>(99)});
    refuses(FrameKind::shared_make, link::ObjectTerms{.kind = link::ObjectKind::event, .where = Rank{2}});
    refuses(FrameKind::shutdown, std::uint32_t{0});
    EXPECT_EQ(one.take(one.maker, 1), Status::wait);
}

}  // namespace
}  // namespace rankpool::supervisor
