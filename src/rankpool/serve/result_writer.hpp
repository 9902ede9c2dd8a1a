// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/interrupt.hpp"
#include "rankpool/worker/stream.hpp"

namespace rankpool::worker {

/// Writes into a frame's reserved room; throws wire::LimitReached when that is full.
class FrameSink : public wire::Sink {
  public:
    void open(std::byte* begin, std::byte* end) {
        cursor_ = begin;
        end_ = end;
    }
    void close() { cursor_ = end_ = nullptr; }
    [[nodiscard]] std::byte* cursor() const { return cursor_; }
    void rewind(std::byte* to, std::byte* end) {
        cursor_ = to;
        end_ = end;
    }

  private:
    void overflow(void const* /*data*/, std::size_t /*size*/) override {
        // Nothing smaller may follow what did not fit, should a serialize() swallow this.
        end_ = cursor_;
        throw wire::LimitReached{};
    }
};

/// Sends the results of a batch. Records are written where the supervisor will read them and are safe from
/// the moment they are complete, also if this process dies before the frame is sent. A record that is too
/// large for a frame is offered to the owner and streamed when that asks for it.
class ResultWriter {
  public:
    ResultWriter(Mailbox& mailbox, Address home, Address owner, PoolId pool);
    ~ResultWriter();
    ResultWriter(ResultWriter const&) = delete;

    /// Results of `call` follow.
    void begin(CallId call, std::uint32_t call_flags);
    /// The results added so far end `lasts` batches that were marked as last.
    void set_lasts(std::uint32_t lasts) { results_.lasts = lasts; }

    /// Adds the record of the next task, or of the next `tasks` together. `encode(sink)` writes the value and
    /// may be called again with another sink; what it throws leaves no record. It may set the details.
    template <class Encode>
    void add(std::uint64_t task, std::uint32_t tasks, link::ResultKind kind, link::Details& details,
             Encode&& encode);

    /// Encodes a record that has no value.
    struct Nothing {
        void operator()(wire::Sink& /*sink*/) const {}
    };

    /// Time spent on the tasks of the records added last.
    void add_busy(std::int64_t ns) { results_.busy_ns += ns; }
    /// Sends what there is; waits while the owner has too much to take.
    void flush();
    /// Bytes written and not sent.
    [[nodiscard]] std::size_t pending() const;
    [[nodiscard]] bool is_open() const { return frame_ != nullptr; }

    void set_member(Member member) { results_.member = member; }
    /// The owner asks for the offered result.
    void grant() { granted_ = true; }

  private:
    /// Before a record's kind.
    struct RecordHead {
        std::uint32_t length = 0;  ///< of all behind it
        std::uint32_t check = 0;
    };

    [[nodiscard]] link::FrameHeader header() const;
    void open(std::uint64_t first);
    void close_record(std::byte* start, std::uint32_t tasks, link::Details const& details);
    void give_up_room();
    void offer(std::uint64_t task, link::ResultKind kind, link::Details const& details);

    Mailbox& mailbox_;
    Address home_;
    Address owner_;
    PoolId pool_;
    CallId call_;
    bool detailed_ = false;
    bool fixed_ = false;
    link::Results results_;
    std::byte* frame_ = nullptr;
    std::size_t complete_ = 0;  ///< bytes of complete records in the frame
    FrameSink sink_;
    bool granted_ = false;
};

template <class Encode>
void ResultWriter::add(std::uint64_t task, std::uint32_t tasks, link::ResultKind kind, link::Details& details,
                       Encode&& encode) {
    while (true) {
        if (!frame_) open(task);
        std::byte* const start = sink_.cursor();
        try {
            RecordHead const head;
            sink_.write(&head, sizeof head);
            sink_.write(&kind, sizeof kind);
            if (detailed_) sink_.write(&details, sizeof details);
            encode(static_cast<wire::Sink&>(sink_));
            // The room may have been given up for another frame while the task ran.
            if (!frame_) throw wire::LimitReached{};
            return close_record(start, tasks, details);
        } catch (wire::LimitReached const&) {
            if (!frame_) continue;
            sink_.rewind(start, frame_ + link::largest_frame);
            if (results_.count > 0) {
                flush();
                continue;
            }
        } catch (...) {
            if (frame_) sink_.rewind(start, frame_ + link::largest_frame);
            throw;
        }
        break;
    }
    give_up_room();
    offer(task, kind, details);
    StreamSink stream{mailbox_, owner_, pool_, call_, never_lost};
    try {
        encode(static_cast<wire::Sink&>(stream));
    } catch (...) {
        stream.abandon();
        throw;
    }
    stream.finish();
    add(task, tasks, link::ResultKind::delivered, details, Nothing{});
}

}  // namespace rankpool::worker
