// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/frame.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rankpool::link {

/// The part of a ring that both processes see. Positions count bytes since the start and never wrap.
struct RingControl {
    alignas(64) std::atomic<std::uint64_t> written{0};   ///< moved by the producer
    alignas(64) std::atomic<std::uint64_t> draft{0};     ///< records << 32 | bytes of an unfinished frame
    alignas(64) std::atomic<std::uint64_t> released{0};  ///< moved by the consumer
};

/// One-producer one-consumer ring of frames in shared memory. The data are mapped twice in a row, so that a
/// frame is one piece wherever it starts. Either process uses its own end only; nothing here blocks.
class RingProducer {
  public:
    RingProducer(RingControl& control, std::byte* data, std::size_t capacity)
        : control_(&control), data_(data), capacity_(capacity), written_(control.written.load()) {}

    /// Room for a frame of up to `size` bytes with its header, or null while the consumer has not made it.
    /// Throws Nonsense where the consumer has written what cannot be.
    std::byte* reserve(std::size_t size);
    /// Bytes of the reserved frame as its header says, with the header.
    [[nodiscard]] std::size_t reserved_size() const;
    /// Publishes the reserved frame; its header says how long it became.
    void commit();
    /// Tells what the reserved frame holds so far, so that it can be saved if this process dies now.
    void set_draft(std::uint32_t records, std::uint32_t bytes) {
        control_->draft.store(std::uint64_t{records} << 32 | bytes, std::memory_order_release);
    }
    /// True if the consumer has given all room back.
    [[nodiscard]] bool is_read() const {
        return control_->released.load(std::memory_order_acquire) == written_;
    }
    /// Copies a whole frame in; false while there is no room.
    bool push(FrameHeader const& header, std::span<std::byte const> head,
              std::span<std::byte const> body = {});

  private:
    RingControl* control_;
    std::byte* data_;
    std::size_t capacity_;
    std::uint64_t written_;
    std::uint64_t released_ = 0;
};

/// The other end. Frames are read in order with `next`, and their room is given back with `release`, at once
/// or later.
class RingConsumer {
  public:
    RingConsumer(RingControl& control, std::byte* data, std::size_t capacity)
        : control_(&control), data_(data), capacity_(capacity), read_(control.released.load()) {}

    /// The next frame, valid until it is released. Throws Nonsense where the producer has written what cannot
    /// be; the header is checked as to the frame's place and size only.
    std::optional<Frame> next();
    [[nodiscard]] bool empty() const { return control_->written.load(std::memory_order_seq_cst) == read_; }
    /// Position behind the frame last read; what to release when it is done with.
    [[nodiscard]] std::uint64_t position() const { return read_; }
    void release(std::uint64_t position) { control_->released.store(position, std::memory_order_seq_cst); }
    void release() { release(read_); }

    /// Where a dead producer's unfinished frame lies.
    struct Draft {
        std::uint32_t records;
        std::byte* frame;
    };
    /// What is whole of the frame that the producer is at.
    struct View {
        std::uint64_t position = 0;
        std::uint32_t records = 0;  ///< none: there is no such frame, or one before it is to be read first
        Frame frame;
    };
    [[nodiscard]] View draft() const;

    /// After the producer's death only: makes its unfinished frame, if there is one that can be, the last one
    /// to be read.
    std::optional<Draft> salvage();

  private:
    RingControl* control_;
    std::byte* data_;
    std::size_t capacity_;
    std::uint64_t read_;
};

}  // namespace rankpool::link
