// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/rank/collective_line.hpp"
#include "rankpool/rank/outbox.hpp"
#include "rankpool/rank/router.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace rankpool::support {

/// Ranks without MPI and processes. What one sends to another arrives in the order in which it was sent; in
/// all else chance decides what happens next.
class MadeUpRanks {
  public:
    /// `nodes[rank]` is the first rank of that rank's node.
    MadeUpRanks(std::vector<Rank> nodes, std::uint32_t seed) : random_(seed), nodes_(std::move(nodes)) {
        for (int rank = 0; rank < size(); ++rank) {
            ranks_.push_back(std::make_unique<One>(*this, Rank{rank}));
        }
    }

    [[nodiscard]] int size() const { return static_cast<int>(nodes_.size()); }
    [[nodiscard]] bool is_lost(Rank rank) const { return lost_.contains(rank); }
    [[nodiscard]] Rank node(Rank rank) const { return nodes_[index(rank)]; }
    /// A number below `n`.
    std::size_t any(std::size_t n) { return random_() % n; }
    Rank any_living() {
        for (;;) {
            Rank const rank{static_cast<int>(any(nodes_.size()))};
            if (!is_lost(rank)) return rank;
        }
    }

    supervisor::Outbox& outbox(Rank rank) { return one(rank); }
    supervisor::CollectiveLine& line(Rank rank) { return one(rank).line; }
    /// What a rank does with frames to its supervisor and to its workers, and at the loss of another.
    struct Duties {
        std::function<void(link::Frame const&)> supervisor = {};
        std::function<void(link::Frame const&)> worker = {};
        std::function<void(Rank)> rank_lost = {};
    };
    void set_duties(Rank rank, Duties duties) { one(rank).duties = std::move(duties); }

    /// The rank is gone; the others hear of it some time. Some of what it has sent may not arrive.
    void lose(Rank rank) {
        lost_.insert(rank);
        one(rank).duties = {};
        for (auto& [way, frames] : under_way_) {
            if (way.second == rank) frames.clear();
            if (way.first == rank) frames.resize(any(frames.size() + 1));
        }
        for (int other = 0; other < size(); ++other) {
            if (!is_lost(Rank{other})) one(Rank{other}).unheard.push_back(rank);
        }
    }

    /// One thing happens, if anything can: true then.
    bool step() {
        auto steps = possible_steps();
        if (steps.empty()) return false;
        steps[any(steps.size())]();
        return true;
    }
    /// The same, but a look at a collective that is not over yet is nothing.
    bool step_noting_progress() {
        has_moved_ = true;
        return step() && has_moved_;
    }

    /// All that can happen happens.
    void come_to_rest() {
        int idle = 0;
        // A collective may take a few looks to end.
        while (idle < 200) idle = step_noting_progress() ? 0 : idle + 1;
    }

  private:
    /// A collective. Its root's bytes are read when it ends there, and come to the others after that.
    struct Op {
        Rank root;
        std::size_t size = 0;
        std::vector<std::byte> bytes = {};
        bool has_bytes = false;
    };

    struct One final : supervisor::Outbox, transport::Collective {
        One(MadeUpRanks& ranks, Rank number) : all(ranks), here(number), line(*this) {}

        using Outbox::send;
        void send(link::FrameHeader const& header, std::span<std::byte const> head,
                  std::span<std::byte const> body) override {
            all.carry(here, header, head, body);
        }
        [[nodiscard]] Rank rank() const override { return here; }
        [[nodiscard]] int ranks() const override { return all.size(); }
        [[nodiscard]] bool is_lost(Rank rank) const override { return known_lost.contains(rank); }
        [[nodiscard]] Rank node(Rank rank) const override { return all.node(rank); }

        void start_broadcast(std::span<std::byte> bytes, Rank root) override {
            if (all.ops_.size() <= entered) all.ops_.resize(entered + 1);
            Op& op = all.ops_[entered++];
            if (op.size == 0) op = {.root = root, .size = bytes.size()};
            EXPECT_TRUE(op.root == root && op.size == bytes.size()) << "ranks disagree on a collective";
            place = bytes;
            is_under_way = true;
        }
        void start_scatter(std::span<std::byte const>, std::vector<int> const&, std::span<std::byte>,
                           Rank) override {}
        void start_gather(std::span<std::byte const>, std::span<std::byte>, std::vector<int> const&,
                          Rank) override {}
        bool is_done() override {
            if (!is_under_way) return true;
            if (all.any(3) == 0) return false;
            return move_bytes();
        }
        /// Also after it has been abandoned: MPI goes on as long as it can.
        bool move_bytes() {
            Op& op = all.ops_[entered - 1];
            if (op.root == here) {
                op.bytes.assign(place.begin(), place.end());
                op.has_bytes = true;
            } else if (op.has_bytes) {
                std::ranges::copy(op.bytes, place.begin());
            } else {
                return false;
            }
            is_under_way = false;
            return true;
        }

        MadeUpRanks& all;
        Rank here;
        supervisor::CollectiveLine line;
        Duties duties;
        std::set<Rank> known_lost;
        std::deque<Rank> unheard;
        std::size_t entered = 0;
        std::span<std::byte> place;
        bool is_under_way = false;
    };

    static std::size_t index(Rank rank) { return static_cast<std::size_t>(rank.value); }
    One& one(Rank rank) { return *ranks_[index(rank)]; }

    void carry(Rank from, link::FrameHeader header, std::span<std::byte const> head,
               std::span<std::byte const> body) {
        header.size = static_cast<std::uint32_t>(head.size() + body.size());
        Buffer frame{sizeof header + header.size};
        std::memcpy(frame.data(), &header, sizeof header);
        std::ranges::copy(head, frame.data() + sizeof header);
        std::ranges::copy(body, frame.data() + sizeof header + head.size());
        if (!is_lost(header.to.rank)) under_way_[{from, header.to.rank}].push_back(std::move(frame));
    }

    std::vector<std::function<void()>> possible_steps() {
        std::vector<std::function<void()>> steps;
        for (auto& [way, frames] : under_way_) {
            if (frames.empty()) continue;
            steps.emplace_back([this, from = way.first, to = way.second, &frames] {
                Buffer const frame = std::move(frames.front());
                frames.pop_front();
                // As the transport does with what still comes of a lost rank.
                if (!one(to).known_lost.contains(from)) deliver(to, supervisor::frame_in(frame));
            });
        }
        for (auto& rank : ranks_) {
            if (is_lost(rank->here)) continue;
            steps.emplace_back([this, &rank] { has_moved_ = rank->line.poll(); });
            if (!rank->unheard.empty()) steps.emplace_back([&rank] { hear_of_loss(*rank); });
            if (rank->line.is_abandoned() && rank->is_under_way)
                steps.emplace_back([this, &rank] { has_moved_ = rank->move_bytes(); });
        }
        return steps;
    }

    void deliver(Rank to, link::Frame const& frame) {
        auto const& duties = one(to).duties;
        auto const& duty = frame.header.to.slot == link::supervisor_slot ? duties.supervisor : duties.worker;
        if (duty) duty(frame);
    }

    static void hear_of_loss(One& rank) {
        Rank const lost = rank.unheard.front();
        rank.unheard.pop_front();
        rank.known_lost.insert(lost);
        rank.line.abandon();
        rank.duties.rank_lost(lost);
    }

    std::mt19937 random_;
    std::vector<Rank> nodes_;
    std::vector<Op> ops_;
    std::map<std::pair<Rank, Rank>, std::deque<Buffer>> under_way_;
    std::set<Rank> lost_;
    bool has_moved_ = false;
    std::vector<std::unique_ptr<One>> ranks_;
};

/// What each worker has said and its supervisor has not looked at yet.
using Rings = std::map<Address, std::deque<std::function<void()>>>;

/// A supervisor looks at the next word in one of them; false where there is none.
inline bool look_at_a_ring(Rings& rings, MadeUpRanks& ranks) {
    std::erase_if(rings, [](auto const& entry) { return entry.second.empty(); });
    if (rings.empty()) return false;
    auto& ring = std::next(rings.begin(), static_cast<std::ptrdiff_t>(ranks.any(rings.size())))->second;
    auto const deed = std::move(ring.front());
    ring.pop_front();
    deed();
    return true;
}

}  // namespace rankpool::support
