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
        : ranks_(std::move(nodes), seed), may_open_all_(seed % 2 == 0) {
        for (int number = 0; number < ranks_.size(); ++number) {
            Rank const rank{number};
            stores_.push_back(std::make_unique<BlobStore>(ranks_.outbox(rank), ranks_.line(rank)));
            ranks_.set_duties(rank, {.supervisor = [this, rank](auto const& frame) { give(rank, frame); },
                                     .worker = [this](auto const& frame) { take(frame); },
                                     .rank_lost = [this, rank](Rank lost) { store(rank).rank_lost(lost); }});
        }
    }

    /// As many opens, pieces, looks, closes and losses, between steps of all else.
    void live(int deeds, int losses) {
        for (int i = 0; i < deeds; ++i) {
            do_something(losses);
            for (std::size_t steps = ranks_.any(20); steps > 0; --steps) ranks_.step();
        }
        for (auto& value : values_) fill_up(value);
        ranks_.come_to_rest();
    }
    void close_all() {
        for (auto& value : values_) close(value);
        ranks_.come_to_rest();
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
        Rank const rank = ranks_.any_living();
        Address const owner{rank, Slot{static_cast<std::uint32_t>(values_.size())}, Generation{1}};
        link::Blob const blob{.id = {owner, 0, 1}, .size = sizes[ranks_.any(sizes.size())], .root = rank};
        values_.push_back({.blob = blob});
        tell_store(owner, FrameKind::blob_open, link::bytes_of(blob));
    }

    static std::byte byte_at(link::Blob const& blob, std::uint64_t offset) {
        return static_cast<std::byte>(offset * 7 + blob.id.owner.slot.value);
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
        value.is_closed = true;
        value.is_whole = value.filled == value.blob.size;
        if (ranks_.any(2) == 0) return store(value.blob.root).owner_gone(value.blob.id.owner);
        tell_store(value.blob.id.owner, FrameKind::blob_close, link::bytes_of(value.blob));
    }

    void look(Value const& value) {
        Address const worker{ranks_.any_living(), Slot{next_worker_++}, Generation{1}};
        looks_.emplace(worker, value.blob.id);
        tell_store(worker, FrameKind::blob_wanted, link::bytes_of(link::Blob{.id = value.blob.id}));
    }

    void lose() {
        Rank const rank = ranks_.any_living();
        if (rank == Rank{0}) return;
        ranks_.lose(rank);
        stores_[static_cast<std::size_t>(rank.value)].reset();
    }

    /// As a worker of that rank does.
    void tell_store(Address from, FrameKind kind, std::span<std::byte const> payload) {
        link::Frame frame{link::header_of(kind, link::supervisor_of(from.rank), from, link::blob_pool),
                          payload};
        store(from.rank).on_frame(frame);
    }

    /// Where not all may be opened, some of what a rank of the node lends cannot.
    void give(Rank rank, link::Frame const& frame) {
        if (may_open_all_ || frame.header.kind != FrameKind::blob_placed || ranks_.any(2) != 0)
            return store(rank).on_frame(frame);
        auto blob = frame.head<link::Blob>();
        blob.fd = -1;
        link::Frame const other{frame.header, link::bytes_of(blob)};
        store(rank).on_frame(other);
    }

    void take(link::Frame const& frame) {
        if (frame.header.kind != FrameKind::blob_here) return;
        auto const blob = frame.head<link::Blob>();
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
    std::uint32_t next_worker_ = 1000;
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
        EXPECT_EQ(open_values(), 0U) << "what has been closed is still held";
        right += all.right();
    }
    EXPECT_EQ(open_values(), 0U);
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
