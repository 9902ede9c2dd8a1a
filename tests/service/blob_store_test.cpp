// SPDX-License-Identifier: MIT
#include "rankpool/service/blob_store.hpp"

#include "rankpool/core/lent_fd.hpp"

#include "tests/service/made_up_ranks.hpp"
#include "tests/support/seeds.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;

/// So many files of this process are broadcast values.
std::size_t open_values() {
    std::size_t count = 0;
    for (auto const& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code gone;
        auto const target = std::filesystem::read_symlink(entry.path(), gone).string();
        if (target.starts_with("/memfd:rankpool-blob")) ++count;
    }
    return count;
}

/// Broadcast values on ranks that are made up, opened, looked at and closed by workers as chance will have
/// it.
class Broadcasts {
  public:
    Broadcasts(std::vector<Rank> nodes, std::uint32_t seed)
        : ranks_(std::move(nodes), seed), may_open_all_(seed % 2 == 0), ways_(seed % 4) {
        for (int number = 0; number < ranks_.size(); ++number) {
            Rank const rank{number};
            stores_.push_back(
                std::make_unique<BlobStore>(ranks_.outbox(rank), ranks_.line(rank), [this](Address worker) {
                    return worker.slot.value >= first_looker || !ended_.contains(worker);
                }));
            ranks_.set_duties(rank, {.supervisor = [this, rank](auto const& frame) { give(rank, frame); },
                                     .worker = [this](auto const& frame) { take(frame); },
                                     .rank_lost = [this, rank](Rank lost) { store(rank).rank_lost(lost); }});
        }
    }

    /// As many opens, pieces, looks, closes and losses, between steps of all else.
    void live(int deeds, int losses) {
        for (int i = 0; i < deeds; ++i) {
            do_something(losses);
            for (std::size_t steps = ranks_.any(30); steps > 0; --steps) step();
        }
        for (auto& value : values_) fill_up(value);
        come_to_rest();
    }
    void close_all() {
        for (auto& value : values_) close(value);
        come_to_rest();
    }
    /// Nothing is left of any value on a rank that lives.
    [[nodiscard]] bool is_empty() const {
        return std::ranges::all_of(stores_, [](auto const& store) { return !store || store->is_empty(); });
    }

    /// Looks that a living rank has not answered.
    [[nodiscard]] std::size_t unanswered() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            looks_, [this](auto const& look) { return !ranks_.is_lost(look.first.rank); }));
    }
    /// The most files that workers of one node were shown of a value.
    [[nodiscard]] std::size_t most_copies_on_a_node() const {
        std::size_t most = 0;
        for (auto const& [where, files] : files_) most = std::max(most, files.size());
        return most;
    }
    [[nodiscard]] int wrong() const { return wrong_; }
    [[nodiscard]] int right() const { return right_; }

  private:
    struct Value {
        link::Blob blob;
        std::uint64_t filled = 0;
        bool is_closed = false;
        bool is_whole = true;  ///< not let go of before it was filled
    };

    BlobStore& store(Rank rank) { return *stores_[static_cast<std::size_t>(rank.value)]; }

    void do_something(int& losses) {
        switch (ranks_.any(losses > 0 ? 12 : 11)) {
            case 0:
            case 1:
                return open();
            case 2:
            case 3:
            case 4:
                if (!values_.empty())
                    fill(values_[ranks_.any(values_.size())], 1 + ranks_.any(link::largest_payload));
                return;
            case 5:
                if (!values_.empty()) fill_up(values_[ranks_.any(values_.size())]);
                return;
            case 6:
                if (!values_.empty() && ranks_.any(3) == 0) close(values_[ranks_.any(values_.size())]);
                return;
            case 11:
                --losses;
                return lose();
            default:
                if (!values_.empty()) look(values_[ranks_.any(values_.size())]);
        }
    }

    void open() {
        constexpr std::array<std::uint64_t, 6> sizes{0, 100, 16 * 1024, 20'000, 600'000, 2'500'000};
        Address const owner = some_owner();
        link::Blob blob;
        blob.id = {owner, 0, ++opened_[owner]};
        blob.size = sizes[ranks_.any(sizes.size())];
        blob.root = owner.rank;
        values_.push_back({.blob = blob});
        tell_store(owner, FrameKind::blob_open, link::bytes_of(blob));
    }

    /// One that is at no other value, and may have opened some.
    Address some_owner() {
        Address owner{ranks_.any_living(), Slot{static_cast<std::uint32_t>(ranks_.any(4))}, Generation{1}};
        bool const is_at_one = std::ranges::any_of(values_, [&](Value const& value) {
            return value.blob.id.owner == owner && !value.is_closed && value.filled < value.blob.size;
        });
        if (is_at_one || ended_.contains(owner)) owner.slot = Slot{next_owner_++};
        return owner;
    }

    static std::byte byte_at(link::Blob const& blob, std::uint64_t offset) {
        return static_cast<std::byte>(offset * 7 + blob.id.owner.slot.value * 31 + blob.id.number);
    }

    void fill(Value& value, std::uint64_t most) {
        if (ranks_.is_lost(value.blob.root) || value.is_closed) return;
        std::vector<std::byte> piece(
            std::min({most, value.blob.size - value.filled, std::uint64_t{link::largest_payload}}));
        for (auto& byte : piece) byte = byte_at(value.blob, value.filled++);
        tell_store(value.blob.id.owner, FrameKind::blob_bytes, piece);
    }
    void fill_up(Value& value) {
        while (value.filled < value.blob.size && !value.is_closed && !ranks_.is_lost(value.blob.root))
            fill(value, link::largest_payload);
    }

    void close(Value& value) {
        if (value.is_closed || ranks_.is_lost(value.blob.root)) return;
        if (ranks_.any(4) == 0) return end_owner(value.blob.id.owner);
        value.is_closed = true;
        value.is_whole = value.filled == value.blob.size;
        tell_store(value.blob.id.owner, FrameKind::blob_close, link::bytes_of(value.blob));
    }
    /// With all its values.
    void end_owner(Address owner) {
        for (Value& value : values_) {
            if (value.blob.id.owner != owner || value.is_closed) continue;
            value.is_closed = true;
            value.is_whole = value.filled == value.blob.size;
        }
        rings_[owner].emplace_back([this, owner] {
            ended_.insert(owner);
            store(owner.rank).owner_gone(owner);
        });
    }

    void look(Value const& value) {
        Address const worker{ranks_.any_living(), Slot{next_looker_++}, Generation{1}};
        looks_.emplace(worker, value.blob.id);
        tell_store(worker, FrameKind::blob_wanted, link::bytes_of(link::Blob{.id = value.blob.id}));
    }

    void lose() {
        Rank const rank = ranks_.any_living();
        if (rank == Rank{0}) return;
        ranks_.lose(rank);
        stores_[static_cast<std::size_t>(rank.value)].reset();
        std::erase_if(rings_, [rank](auto const& entry) { return entry.first.rank == rank; });
    }

    /// As a worker of that rank does: its supervisor looks some time, and before others or after them.
    void tell_store(Address from, FrameKind kind, std::span<std::byte const> payload) {
        rings_[from].emplace_back(
            [this, from, kind, bytes = std::vector<std::byte>(payload.begin(), payload.end())] {
                store(from.rank).on_frame(
                    {link::header_of(kind, link::supervisor_of(from.rank), from, link::blob_pool), bytes});
            });
    }
    void step() {
        if (ranks_.any(3) == 0) {
            support::look_at_a_ring(rings_, ranks_);
        } else {
            ranks_.step();
        }
    }
    void come_to_rest() {
        while (!rings_.empty()) {
            support::look_at_a_ring(rings_, ranks_);
            for (std::size_t steps = ranks_.any(4); steps > 0; --steps) ranks_.step();
        }
        ranks_.come_to_rest();
    }

    /// Where not all may be opened, some of what a rank of the node lends cannot.
    void give(Rank rank, link::Frame const& frame) {
        if (may_open_all_ || frame.header.kind != FrameKind::blob_placed || ranks_.any(2) != 0)
            return store(rank).on_frame(frame);
        auto blob = frame.head<FrameKind::blob_placed>();
        (ways_ == 1 ? blob.fd : blob.pid) = 1 << 30;
        link::Frame const other{frame.header, link::bytes_of(blob)};
        store(rank).on_frame(other);
    }

    void take(link::Frame const& frame) {
        if (frame.header.kind != FrameKind::blob_here) return;
        auto const blob = frame.head<FrameKind::blob_here>();
        auto const look = looks_.find({frame.header.to, blob.id});
        ASSERT_NE(look, looks_.end());
        looks_.erase(look);
        auto const value =
            std::ranges::find_if(values_, [&](Value const& one) { return one.blob.id == blob.id; });
        if (blob.pid == 0) {
            bool const may_be_gone = value->is_closed || ranks_.is_lost(value->blob.root);
            if (!may_be_gone) ++wrong_;
            return;
        }
        if (value->is_whole && blob.size > 0) check(frame.header.to.rank, value->blob, blob);
    }

    void check(Rank rank, link::Blob const& whole, link::Blob const& told) {
        UniqueFd const memory = open_lent_fd(told.pid, told.fd, link::blob_name(told), O_RDONLY);
        std::vector<std::byte> bytes(whole.size);
        // It may have been let go of since.
        if (!memory) return;
        bool is_right =
            ::pread(memory.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
        for (std::uint64_t i = 0; i < bytes.size(); ++i) is_right = is_right && bytes[i] == byte_at(whole, i);
        ++(is_right ? right_ : wrong_);
        struct stat about {};
        ::fstat(memory.get(), &about);
        if (whole.size > 16 * 1024 && may_open_all_)
            files_[{ranks_.node(rank), whole.id}].insert(about.st_ino);
    }

    support::MadeUpRanks ranks_;
    std::vector<std::unique_ptr<BlobStore>> stores_;
    std::vector<Value> values_;
    std::multiset<std::pair<Address, link::BlobId>> looks_;
    std::map<std::pair<Rank, link::BlobId>, std::set<ino_t>> files_;
    bool may_open_all_;
    std::uint32_t ways_;  ///< 1: what is lent is gone; 3: the process cannot be looked at
    static constexpr std::uint32_t first_looker = 100'000;
    std::uint32_t next_looker_ = first_looker;
    std::uint32_t next_owner_ = 1000;
    std::map<Address, std::uint64_t> opened_;
    std::set<Address> ended_;
    support::Rings rings_;
    int right_ = 0;
    int wrong_ = 0;
};

/// The ranks of up to four nodes, in any order.
std::vector<Rank> some_nodes(std::uint32_t seed) {
    std::mt19937 random{seed};
    std::size_t const count = 1 + random() % 7;
    std::map<std::size_t, Rank> first;
    std::vector<Rank> nodes;
    for (std::size_t rank = 0; rank < count; ++rank) {
        nodes.push_back(first.try_emplace(random() % 4, Rank{static_cast<int>(rank)}).first->second);
    }
    return nodes;
}

void live_and_end(std::uint32_t seed, int losses, int& right) {
    {
        Broadcasts all{some_nodes(seed), seed};
        all.live(60, losses);
        EXPECT_EQ(all.unanswered(), 0U);
        EXPECT_LE(all.most_copies_on_a_node(), losses == 0 ? 1U : 100U);
        all.close_all();
        EXPECT_EQ(all.unanswered(), 0U);
        EXPECT_EQ(all.wrong(), 0);
        EXPECT_TRUE(all.is_empty()) << "what has been closed is still held";
        EXPECT_EQ(open_values(), 0U);
        right += all.right();
    }
    EXPECT_EQ(open_values(), 0U);
}

TEST(BlobStoreTest, what_no_sound_worker_sends_is_refused) {
    support::MadeUpRanks ranks{{Rank{0}}, 1};
    BlobStore store{ranks.outbox(Rank{0}), ranks.line(Rank{0}), [](Address) { return true; }};
    Address const owner{Rank{0}, Slot{1}, Generation{1}};
    Address const other{Rank{0}, Slot{2}, Generation{1}};
    auto const send = [&](Address from, FrameKind kind, link::Blob const& blob) {
        store.on_frame({link::header_of(kind, link::supervisor_of(Rank{0}), from, link::blob_pool),
                        link::bytes_of(blob)});
    };
    link::Blob blob;
    blob.id = {owner, 0, 1};
    blob.size = 100'000;
    EXPECT_THROW(send(other, FrameKind::blob_open, blob), link::Nonsense);
    send(owner, FrameKind::blob_open, blob);
    EXPECT_THROW(send(owner, FrameKind::blob_open, blob), link::Nonsense);
    EXPECT_THROW(send(other, FrameKind::blob_close, blob), link::Nonsense);
    blob.id.owner.rank = Rank{7};
    EXPECT_THROW(send(other, FrameKind::blob_wanted, blob), link::Nonsense);
    blob.id = {owner, 0, 2};
    blob.size = ~std::uint64_t{0};
    EXPECT_THROW(send(owner, FrameKind::blob_open, blob), link::Nonsense);
    store.owner_gone(owner);
    ranks.set_duties(Rank{0}, {.supervisor = [&](auto const& frame) { store.on_frame(frame); }});
    ranks.come_to_rest();
    EXPECT_TRUE(store.is_empty());
}

TEST(BlobStoreTest, every_look_is_answered_by_the_right_value_and_nothing_stays) {
    int right = 0;
    for (std::uint32_t seed = 0; seed < support::seeds(100) && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        live_and_end(seed, 0, right);
    }
    EXPECT_GT(right, 300);
}

TEST(BlobStoreTest, the_same_with_ranks_lost_at_any_step) {
    int right = 0;
    for (std::uint32_t seed = 0; seed < support::seeds(200) && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        live_and_end(seed, 1 + static_cast<int>(seed % 3), right);
    }
    EXPECT_GT(right, 300);
}

}  // namespace
}  // namespace rankpool::supervisor
