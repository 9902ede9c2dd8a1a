// SPDX-License-Identifier: MIT
#include "rankpool/link/ring.hpp"

#include <cassert>

namespace rankpool::link {
namespace {

/// Frames start at multiples of this, so that headers are aligned.
constexpr std::uint64_t padded(std::uint64_t size) {
    return (size + 7) & ~std::uint64_t{7};
}

}  // namespace

std::byte* RingProducer::reserve(std::size_t size) {
    auto const fits = [&] { return written_ + padded(size) - released_ <= capacity_; };
    if (!fits()) {
        std::uint64_t const released = control_->released.load(std::memory_order_acquire);
        if (released - released_ > written_ - released_) refuse("more is released than was written");
        released_ = released;
    }
    return fits() ? data_ + written_ % capacity_ : nullptr;
}

std::size_t RingProducer::reserved_size() const {
    FrameHeader header;
    std::memcpy(&header, data_ + written_ % capacity_, sizeof header);
    return sizeof header + header.size;
}

void RingProducer::commit() {
    FrameHeader header;
    std::memcpy(&header, data_ + written_ % capacity_, sizeof header);
    if (header.size > largest_payload) refuse("a frame that is too long");
    written_ += padded(sizeof header + header.size);
    assert(written_ - released_ <= capacity_);
    control_->draft.store(0, std::memory_order_relaxed);
    control_->written.store(written_, std::memory_order_seq_cst);
}

bool RingProducer::push(FrameHeader const& header, std::span<std::byte const> head,
                        std::span<std::byte const> body) {
    std::size_t const size = head.size() + body.size();
    std::byte* place = reserve(sizeof header + size);
    if (!place) return false;
    FrameHeader sized = header;
    sized.size = static_cast<std::uint32_t>(size);
    std::memcpy(place, &sized, sizeof sized);
    if (!head.empty()) std::memcpy(place + sizeof sized, head.data(), head.size());
    if (!body.empty()) std::memcpy(place + sizeof sized + head.size(), body.data(), body.size());
    commit();
    return true;
}

std::optional<Frame> RingConsumer::next() {
    std::uint64_t const there = control_->written.load(std::memory_order_acquire) - read_;
    if (there == 0) return std::nullopt;
    if (there > capacity_ || there < sizeof(FrameHeader)) refuse("more is written than there is room for");
    std::byte const* place = data_ + read_ % capacity_;
    Frame frame;
    std::memcpy(&frame.header, place, sizeof frame.header);
    if (frame.header.size > largest_payload || padded(sizeof frame.header + frame.header.size) > there) {
        refuse("a frame that is longer than what is written");
    }
    frame.payload = {place + sizeof frame.header, frame.header.size};
    read_ += padded(sizeof frame.header + frame.header.size);
    return frame;
}

RingConsumer::View RingConsumer::draft() const {
    std::uint64_t const position = control_->written.load(std::memory_order_acquire);
    std::uint64_t const draft = control_->draft.load(std::memory_order_acquire);
    // Where the frame has been sent meanwhile, the draft may be of the next.
    bool const is_next = position == read_ && control_->written.load(std::memory_order_acquire) == position;
    if (!is_next || draft == 0) return {};
    auto const size = static_cast<std::uint32_t>(draft);
    if (size > largest_payload) refuse("a frame that is too long");
    View view{position, static_cast<std::uint32_t>(draft >> 32), {}};
    std::byte const* place = data_ + position % capacity_;
    std::memcpy(&view.frame.header, place, sizeof view.frame.header);
    view.frame.header.size = size;
    view.frame.payload = {place + sizeof view.frame.header, size};
    return view;
}

std::optional<RingConsumer::Draft> RingConsumer::salvage() {
    std::uint64_t const draft = control_->draft.exchange(0, std::memory_order_acquire);
    if (draft == 0) return std::nullopt;
    std::uint64_t const written = control_->written.load(std::memory_order_acquire);
    bool const is_possible =
        static_cast<std::uint32_t>(draft) <= largest_payload && written - read_ <= capacity_;
    if (!is_possible) return std::nullopt;
    std::byte* frame = data_ + written % capacity_;
    auto const size = static_cast<std::uint32_t>(draft);
    std::memcpy(frame + offsetof(FrameHeader, size), &size, sizeof size);
    control_->written.store(written + padded(sizeof(FrameHeader) + size), std::memory_order_release);
    return Draft{static_cast<std::uint32_t>(draft >> 32), frame};
}

}  // namespace rankpool::link
