// SPDX-License-Identifier: MIT
#include "rankpool/worker/stream.hpp"

#include "rankpool/protocol/heads.hpp"
#include "rankpool/worker/cross_memory.hpp"

#include <algorithm>

namespace rankpool::worker {
namespace {

using link::FrameKind;

/// Pieces small enough to stay in a core's cache from one hop to the next.
constexpr std::size_t part_bytes = 128 * 1024;
/// From here on it is faster to lend a block than to send it.
constexpr std::size_t worth_lending = 1024 * 1024;
/// Less is not taken out of another's memory at once.
constexpr std::size_t least_take = 64 * 1024;

}  // namespace

FramedSink::FramedSink(Mailbox& mailbox, link::FrameHeader const& header)
    : mailbox_(mailbox), header_(header) {
    begin();
}

void FramedSink::begin() {
    frame_ = mailbox_.reserve(part_bytes);
    cursor_ = frame_ + sizeof header_;
    end_ = frame_ + part_bytes;
}

void FramedSink::commit() {
    header_.size = static_cast<std::uint32_t>(cursor_ - frame_ - static_cast<std::ptrdiff_t>(sizeof header_));
    std::memcpy(frame_, &header_, sizeof header_);
    cursor_ = end_ = nullptr;
    mailbox_.commit();
    sent(header_.size);
}

void FramedSink::overflow(void const* data, std::size_t size) {
    auto const* from = static_cast<std::byte const*>(data);
    while (size > 0) {
        std::size_t const piece = std::min(size, static_cast<std::size_t>(end_ - cursor_));
        std::memcpy(cursor_, from, piece);
        cursor_ += piece;
        from += piece;
        size -= piece;
        if (cursor_ == end_) {
            commit();
            begin();
        }
    }
}

void FramedSink::finish(FrameKind last_kind) {
    header_.kind = last_kind;
    commit();
}

StreamSink::StreamSink(Mailbox& mailbox, Address to, PoolId pool, CallId call, bool const& is_lost)
    : FramedSink(mailbox, link::header_of(FrameKind::part, to, mailbox.self(), pool, call)),
      mailbox_(mailbox),
      to_(to),
      is_lost_(is_lost) {}

void StreamSink::overflow(void const* data, std::size_t size) {
    std::size_t done = 0;
    if (size >= worth_lending) {
        commit();
        done = mailbox_.lend(header(), data, size);
        begin();
    }
    FramedSink::overflow(static_cast<std::byte const*>(data) + done, size - done);
}

void StreamSink::sent(std::uint32_t bytes) {
    mailbox_.charge(to_, bytes);
    if (is_lost_) throw StreamLost{};
}

StreamSource::StreamSource(Mailbox& mailbox, Address from, bool const& is_lost)
    : mailbox_(mailbox), from_(from), is_lost_(is_lost) {}

StreamSource::~StreamSource() {
    try {
        while (!last_) next_part();
    } catch (wire::StreamBroken const&) {
        // It has ended, which is all that was wanted.
    }
    release_part();
}

/// Fills the front of what is wanted out of the loan, or the part at hand; takes neither where that cannot
/// be.
void StreamSource::take_loan(std::byte*& to, std::size_t& size) {
    bool const is_small = size < least_take;
    if (is_small) small_.resize(least_take);
    auto const piece =
        static_cast<std::size_t>(std::min<std::uint64_t>(is_small ? least_take : size, loan_.size));
    if (!take_lent(loan_, is_small ? small_.data() : to, piece)) return return_loan();
    loan_.address += piece;
    loan_.size -= piece;
    loan_taken_ += piece;
    if (is_small) {
        cursor_ = small_.data();
        end_ = cursor_ + piece;
    } else {
        to += piece;
        size -= piece;
    }
    if (loan_.size == 0) return_loan();
}

void StreamSource::return_loan() {
    loan_.size = 0;
    mailbox_.send(FrameKind::part_returned, from_, {}, {}, link::Amount{loan_taken_});
}

void StreamSource::release_part() {
    if (loan_.size > 0) {
        // Nobody wants the rest.
        loan_taken_ += loan_.size;
        return_loan();
    }
    cursor_ = end_ = nullptr;
    if (!holds_part_) return;
    holds_part_ = false;
    mailbox_.release();
    mailbox_.taken(from_, part_size_);
}

void StreamSource::next_part() {
    release_part();
    if (last_) {
        throw SerializationError(
            "the bytes of a value end too early (its load reads more than its save wrote)");
    }
    mailbox_.not_idle();
    while (true) {
        auto const frame = mailbox_.next();
        if (!frame) {
            if (is_lost_) {
                last_ = true;
                throw StreamLost{};
            }
            mailbox_.idle(Deadline::never());
            continue;
        }
        mailbox_.not_idle();
        FrameKind const kind = frame->header.kind;
        bool const is_part =
            kind == FrameKind::part || kind == FrameKind::part_last || kind == FrameKind::part_broken;
        if (kind == FrameKind::part_lent && frame->header.from == from_) {
            loan_ = frame->head<FrameKind::part_lent>();
            loan_taken_ = 0;
            mailbox_.release();
            return;
        }
        if (!is_part || frame->header.from != from_) {
            mailbox_.hand_out(*frame);
            mailbox_.release();
            continue;
        }
        holds_part_ = true;
        part_size_ = frame->payload.size();
        last_ = kind != FrameKind::part;
        if (kind == FrameKind::part_broken) throw StreamAbandoned{};
        cursor_ = frame->payload.data();
        end_ = cursor_ + part_size_;
        return;
    }
}

void StreamSource::pass_to(wire::Sink& sink) {
    while (true) {
        if (cursor_ == end_ && loan_.size > 0) {
            // Asked for less than it takes at once, it fills the part at hand.
            std::byte* nowhere = nullptr;
            std::size_t one = 1;
            take_loan(nowhere, one);
        }
        if (cursor_ != end_) {
            sink.write(cursor_, remaining());
            cursor_ = end_;
        } else if (last_) {
            return;
        } else if (loan_.size == 0) {
            next_part();
        }
    }
}

void StreamSource::underflow(void* data, std::size_t size) {
    auto* to = static_cast<std::byte*>(data);
    while (size > 0) {
        if (cursor_ == end_ && loan_.size > 0) take_loan(to, size);
        if (size == 0) return;
        if (cursor_ == end_ && loan_.size == 0) next_part();
        std::size_t const piece = std::min(size, remaining());
        if (piece > 0) std::memcpy(to, cursor_, piece);
        cursor_ += piece;
        to += piece;
        size -= piece;
    }
}

}  // namespace rankpool::worker
