// SPDX-License-Identifier: MIT
#include "rankpool/channel/item.hpp"

#include "rankpool/core/error.hpp"

#include <algorithm>
#include <utility>

namespace rankpool::channel {
namespace {

using link::ChannelRing;

constexpr std::size_t piece_bytes = ChannelRing::piece_bytes;

}  // namespace

void Port::throw_passing() {
    throw UsageError(
        "cannot use this queue or connection here (a large item of this process is just passing through it, "
        "and this is called meanwhile). Use it before or after?");
}

ItemSink::ItemSink(Port& port, Deadline const& deadline) : port_(port), deadline_(deadline) {
    use(small_.data(), small_.size());
}

ItemSink::~ItemSink() {
    if (passing_) port_.leave_put();
}

void ItemSink::use(std::byte* begin, std::size_t size) {
    begin_ = cursor_ = begin;
    end_ = begin + size;
}

std::span<std::byte const> ItemSink::piece() const {
    return {begin_, static_cast<std::size_t>(cursor_ - begin_)};
}

Result ItemSink::finish() {
    std::uint32_t const marks = passing_ ? ChannelRing::last : ChannelRing::whole;
    Result const result = port_.put(piece(), marks, deadline_);
    passing_.reset();
    return result;
}

void ItemSink::overflow(void const* data, std::size_t size) {
    auto const* from = static_cast<std::byte const*>(data);
    if (!large_) {
        large_.reset(new std::byte[piece_bytes]);
        std::size_t const used = piece().size();
        std::memcpy(large_.get(), begin_, used);
        use(large_.get(), piece_bytes);
        cursor_ += used;
    }
    while (size > 0) {
        std::size_t const now = std::min(size, static_cast<std::size_t>(end_ - cursor_));
        std::memcpy(cursor_, from, now);
        cursor_ += now;
        from += now;
        size -= now;
        // What follows, if only the last bit, is known to be more than nothing.
        if (cursor_ != end_ || size == 0) continue;
        Result const result =
            port_.put(piece(), passing_ ? ChannelRing::middle : ChannelRing::first, deadline_);
        if (result != Result::done) {
            passing_.reset();
            throw Stopped{{}, result};
        }
        if (!passing_) passing_.emplace(port_, Port::in);
        passing_->goes_on();
        use(large_.get(), piece_bytes);
    }
}

ItemSource::ItemSource(Port& port, std::vector<std::byte> piece, bool is_whole)
    : port_(port), piece_(std::move(piece)), is_ended_(is_whole) {
    if (!is_ended_) passing_.emplace(port_, Port::out);
    cursor_ = piece_.data();
    end_ = cursor_ + piece_.size();
}

ItemSource::~ItemSource() {
    try {
        while (!is_ended_) next_piece();
    } catch (wire::StreamBroken const&) {
        // It has ended, which is all that was wanted.
    } catch (UsageError const&) {
        // Nothing may be waited for here: who takes next leaves the rest out.
        port_.leave_take();
    }
    port_.give_back(std::move(piece_));
}

void ItemSource::next_piece() {
    Result const result = port_.take_more(piece_);
    is_ended_ = result != Result::begun;
    passing_->goes_on();
    if (result == Result::late) throw Closed{};
    if (result == Result::broken || result == Result::closed) throw Broken{};
    cursor_ = piece_.data();
    end_ = cursor_ + piece_.size();
}

std::span<std::byte const> ItemSource::take_piece() {
    while (cursor_ == end_ && !is_ended_) next_piece();
    return {std::exchange(cursor_, end_), end_};
}

void ItemSource::underflow(void* data, std::size_t size) {
    auto* to = static_cast<std::byte*>(data);
    while (size > 0) {
        if (cursor_ == end_) {
            if (is_ended_) return Source::underflow(to, size);
            next_piece();
        }
        std::size_t const now = std::min(size, remaining());
        if (now > 0) std::memcpy(to, cursor_, now);
        cursor_ += now;
        to += now;
        size -= now;
    }
}

}  // namespace rankpool::channel
