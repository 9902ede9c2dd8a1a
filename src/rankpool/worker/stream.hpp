// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/interrupt.hpp"
#include "rankpool/wire/sink.hpp"
#include "rankpool/wire/source.hpp"
#include "rankpool/worker/mailbox.hpp"

#include <vector>

namespace rankpool::worker {

/// The other worker of a stream ended before the value had passed.
struct StreamLost : wire::StreamBroken {};
/// The sender gave up in the middle of the value.
struct StreamAbandoned : wire::StreamBroken {};

/// Sends what is written as a row of frames. Between its making and its end nothing else may be sent.
class FramedSink : public wire::Sink {
  public:
    /// `header` is that of each frame but for the size.
    FramedSink(Mailbox& mailbox, link::FrameHeader const& header);

    /// Sends what is left as a frame of `last_kind`.
    void finish(link::FrameKind last_kind);

  protected:
    /// A frame with so many bytes has been sent; may wait, and let others send meanwhile.
    virtual void sent(std::uint32_t /*bytes*/) {}

    void overflow(void const* data, std::size_t size) override;
    void begin();
    void commit();

    [[nodiscard]] link::FrameHeader const& header() const { return header_; }

  private:
    Mailbox& mailbox_;
    link::FrameHeader header_;
    std::byte* frame_ = nullptr;
};

/// Sends one value of any size to another worker that expects it: at no time is more of it on its way than
/// the window. A large block is read by the receiver right where it lies, if it can.
class StreamSink : public FramedSink {
  public:
    /// `is_lost` tells that the receiver has ended; writing then throws StreamLost.
    StreamSink(Mailbox& mailbox, Address to, PoolId pool, CallId call, bool const& is_lost);

    /// The value is complete.
    void finish() { FramedSink::finish(link::FrameKind::part_last); }
    /// It will never be; the receiver's decoding ends with StreamAbandoned.
    void abandon() { FramedSink::finish(link::FrameKind::part_broken); }

  private:
    void overflow(void const* data, std::size_t size) override;
    void sent(std::uint32_t bytes) override;

    Mailbox& mailbox_;
    Address to_;
    bool const& is_lost_;
};

/// Receives such a value; what else comes meanwhile is handed out. `is_lost` tells that the sender has ended.
class StreamSource : public wire::Source {
  public:
    StreamSource(Mailbox& mailbox, Address from, bool const& is_lost);
    /// Takes what is left of the stream, so that the next frame is none of it.
    ~StreamSource() override;

    [[nodiscard]] bool is_complete() const override { return last_; }
    /// Passes all that is left of the value on.
    void pass_to(wire::Sink& sink);

  private:
    void underflow(void* data, std::size_t size) override;
    void next_part();
    void release_part();
    void take_loan(std::byte*& to, std::size_t& size);
    void return_loan();

    Mailbox& mailbox_;
    Address from_;
    bool const& is_lost_;
    std::size_t part_size_ = 0;
    bool holds_part_ = false;
    bool last_ = false;
    link::Lent loan_{};  ///< and what of it has not been taken yet
    std::uint64_t loan_taken_ = 0;
    std::vector<std::byte> small_;  ///< a piece of a loan, to be read in smaller ones
};

/// For streams whose other end lives as long as this process.
inline constexpr bool never_lost = false;

}  // namespace rankpool::worker
