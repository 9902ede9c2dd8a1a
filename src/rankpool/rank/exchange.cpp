// SPDX-License-Identifier: MIT
#include "rankpool/rank/exchange.hpp"

#include <algorithm>
#include <numeric>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;
using link::supervisor_of;
using Progress = CollectiveLine::Progress;

/// The root's bytes in one round, for all ranks together.
constexpr std::size_t bytes_per_round = 64 * 1024 * 1024;
/// Results kept at one rank before they are to be gathered early; less than a worker may have unacknowledged.
constexpr std::size_t full_box = 256 * 1024;

template <class Bytes>
std::span<std::byte> raw(std::vector<Bytes>& items) {
    return std::as_writable_bytes(std::span{items});
}

std::vector<int> equal_sizes(int ranks, std::size_t bytes) {
    return std::vector<int>(static_cast<std::size_t>(ranks), static_cast<int>(bytes));
}

}  // namespace

/// One scatter, as this rank sees it: first how many bytes each rank gets, then the bytes.
class Exchange::Scattering : public CollectiveLine::Transfer {
  public:
    Scattering(Exchange& exchange, Key const& key) : exchange_(exchange), key_(key) {}

    Progress step(transport::Collective& collective) override {
        Rank const root = key_.pool.home;
        auto const ranks = static_cast<std::size_t>(exchange_.ranks_);
        if (!sizes_known_) {
            if (root == exchange_.here_) {
                take_pieces();
                for (auto const& piece : pieces_) plans_.push_back({piece.size(), longest_piece()});
            }
            collective.start_scatter(raw(plans_), equal_sizes(exchange_.ranks_, sizeof(Plan)),
                                     raw(mine_plan_), root);
            sizes_known_ = true;
            return Progress::started;
        }
        std::size_t const round = exchange_.round_bytes();
        if (done_ >= mine_plan_[0].longest) {
            exchange_.deliver(mine_);
            return Progress::finished;
        }
        mine_.resize(mine_plan_[0].bytes);
        std::vector<int> sizes(ranks, 0);
        bytes_.clear();
        for (std::size_t rank = 0; rank < pieces_.size(); ++rank) {
            auto const part = part_of(pieces_[rank], round);
            sizes[rank] = static_cast<int>(part.size());
            bytes_.insert(bytes_.end(), part.begin(), part.end());
        }
        collective.start_scatter(bytes_, sizes, part_of(mine_, round), root);
        done_ += round;
        return Progress::started;
    }

    /// The root sends everything once more: what a rank has got already it computes twice, and the home
    /// drops the second result.
    void abandon() override {
        if (key_.pool.home != exchange_.here_) return;
        if (!sizes_known_) take_pieces();
        for (auto const& piece : pieces_) exchange_.deliver(piece);
    }

  private:
    void take_pieces() { pieces_ = std::move(exchange_.pieces_.extract(key_).mapped()); }

    struct Plan {
        std::uint64_t bytes = 0;
        std::uint64_t longest = 0;  ///< of all ranks' pieces, which decides the number of rounds
    };

    [[nodiscard]] std::size_t longest_piece() const {
        std::size_t longest = 0;
        for (auto const& piece : pieces_) longest = std::max(longest, piece.size());
        return longest;
    }
    [[nodiscard]] std::span<std::byte> part_of(std::vector<std::byte>& piece, std::size_t round) const {
        std::size_t const begin = std::min(done_, piece.size());
        return std::span{piece}.subspan(begin, std::min(round, piece.size() - begin));
    }

    Exchange& exchange_;
    Key key_;
    bool sizes_known_ = false;
    std::vector<std::vector<std::byte>> pieces_;
    std::vector<Plan> plans_;
    std::vector<Plan> mine_plan_{1};
    std::vector<std::byte> bytes_;
    std::vector<std::byte> mine_;
    std::size_t done_ = 0;
};

/// One gather: first how many bytes each rank has to give, then the bytes. What does not fit waits for the
/// next.
class Exchange::Gathering : public CollectiveLine::Transfer {
  public:
    Gathering(Exchange& exchange, Key const& key) : exchange_(exchange), key_(key) {}

    Progress step(transport::Collective& collective) override {
        Rank const root = key_.pool.home;
        bool const is_root = root == exchange_.here_;
        if (phase_ == 0) {
            mine_ = exchange_.take_share(key_);
            my_size_ = {mine_.size()};
            sizes_.resize(is_root ? static_cast<std::size_t>(exchange_.ranks_) : 0);
            collective.start_gather(raw(my_size_), raw(sizes_),
                                    equal_sizes(exchange_.ranks_, sizeof(std::uint64_t)), root);
        } else if (phase_ == 1) {
            std::vector<int> sizes(static_cast<std::size_t>(exchange_.ranks_), 0);
            std::transform(sizes_.begin(), sizes_.end(), sizes.begin(),
                           [](std::uint64_t size) { return static_cast<int>(size); });
            bytes_.resize(std::accumulate(sizes_.begin(), sizes_.end(), std::size_t{0}));
            collective.start_gather(mine_, bytes_, sizes, root);
        } else {
            exchange_.deliver(bytes_);
            return Progress::finished;
        }
        ++phase_;
        return Progress::started;
    }

    void abandon() override { exchange_.deliver(mine_); }

  private:
    Exchange& exchange_;
    Key key_;
    int phase_ = 0;
    std::vector<std::byte> mine_;
    std::vector<std::uint64_t> my_size_;
    std::vector<std::uint64_t> sizes_;
    std::vector<std::byte> bytes_;
};

Exchange::Exchange(Outbox& outbox, CollectiveLine& line, Rank here, int ranks)
    : outbox_(outbox), line_(line), here_(here), ranks_(ranks) {}

std::size_t Exchange::round_bytes() const {
    return bytes_per_round / static_cast<std::size_t>(ranks_);
}

void Exchange::scatter(PoolId pool, CallId call, std::vector<std::vector<std::byte>> pieces) {
    pieces_[Key{{here_, pool}, call}] = std::move(pieces);
    request({link::Turn::What::scatter, here_}, pool, call);
}

void Exchange::gather(PoolId pool, CallId call) {
    request({link::Turn::What::gather, here_}, pool, call);
}

void Exchange::request(link::Turn const& turn, PoolId pool, CallId call) {
    outbox_.send(FrameKind::exchange_requested, supervisor_of(Rank{0}), pool, call, turn);
}

void Exchange::on_frame(link::Frame const& frame) {
    if (frame.header.kind == FrameKind::exchange_requested) return announce(frame);
    take_turn(frame);
}

void Exchange::announce(link::Frame const& frame) {
    auto const turn = frame.head<FrameKind::exchange_requested>();
    for (int rank = 0; rank < ranks_; ++rank) {
        outbox_.send(FrameKind::exchange_announced, supervisor_of(Rank{rank}), frame.header.pool,
                     frame.header.call, turn);
    }
}

void Exchange::take_turn(link::Frame const& frame) {
    auto const turn = frame.head<FrameKind::exchange_announced>();
    Key const key{{turn.root, frame.header.pool}, frame.header.call};
    if (turn.what == link::Turn::What::scatter) {
        line_.add(std::make_unique<Scattering>(*this, key));
    } else {
        line_.add(std::make_unique<Gathering>(*this, key));
    }
}

void Exchange::deliver(std::span<std::byte const> frames) {
    while (!frames.empty()) {
        link::FrameHeader header;
        std::memcpy(&header, frames.data(), sizeof header);
        outbox_.send(header, frames.subspan(sizeof header, header.size));
        frames = frames.subspan(sizeof header + header.size);
    }
}

void Exchange::collect(PoolKey const& pool, link::Frame const& frame) {
    Box& box = boxes_[Key{pool, frame.header.call}];
    link::FrameHeader header = frame.header;
    header.kind = FrameKind::results;
    header.to = supervisor_of(pool.home);
    auto const* head = reinterpret_cast<std::byte const*>(&header);
    box.frames.insert(box.frames.end(), head, head + sizeof header);
    box.frames.insert(box.frames.end(), frame.payload.begin(), frame.payload.end());
    if (line_.is_abandoned()) return send_now(pool);
    std::uint32_t const lasts = frame.head<FrameKind::block_results>().lasts;
    bool const is_full = box.frames.size() >= full_box && !box.asked;
    if (lasts == 0 && !is_full) return;
    box.asked |= is_full;
    link::GatherReady const ready{lasts, frame.head<FrameKind::block_results>().member, is_full ? 1U : 0U};
    outbox_.send(FrameKind::gather_ready, header.to, pool.pool, header.call, ready);
}

/// As many of the kept frames as go in one round; the home is told of the others.
std::vector<std::byte> Exchange::take_share(Key const& key) {
    auto const box = boxes_.find(key);
    if (box == boxes_.end()) return {};
    auto& frames = box->second.frames;
    std::size_t end = 0;
    while (end < frames.size()) {
        link::FrameHeader header;
        std::memcpy(&header, frames.data() + end, sizeof header);
        std::size_t const next = end + sizeof header + header.size;
        if (end > 0 && next > round_bytes()) break;
        end = next;
    }
    if (end == frames.size()) return std::move(boxes_.extract(box).mapped().frames);
    auto const rest = frames.begin() + static_cast<std::ptrdiff_t>(end);
    std::vector<std::byte> share{frames.begin(), rest};
    frames.erase(frames.begin(), rest);
    link::Results first;
    std::memcpy(&first, frames.data() + sizeof(link::FrameHeader), sizeof first);
    box->second.asked = true;
    outbox_.send(FrameKind::gather_ready, supervisor_of(key.pool.home), key.pool.pool, key.call,
                 link::GatherReady{0, first.member, 1});
    return share;
}

void Exchange::send_now(PoolKey const& pool) {
    auto box = boxes_.lower_bound(Key{pool, CallId{0}});
    while (box != boxes_.end() && box->first.pool == pool) {
        deliver(box->second.frames);
        box = boxes_.erase(box);
    }
}

void Exchange::send_all_now() {
    for (auto const& [key, box] : boxes_) deliver(box.frames);
    boxes_.clear();
}

}  // namespace rankpool::supervisor
