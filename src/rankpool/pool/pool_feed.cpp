// SPDX-License-Identifier: MIT
// How a pool's inputs leave its owner.
#include "rankpool/core/sparse_clock.hpp"
#include "rankpool/pool/pool_client.hpp"
#include "rankpool/pool/reading.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/worker/stream.hpp"

#include <algorithm>
#include <cstring>

namespace rankpool::pool {
namespace {

using link::FrameKind;
using namespace std::chrono_literals;

constexpr std::size_t frame_bytes = link::largest_payload - sizeof(link::Tasks);
/// A parcel is sent at this size, or when gathering it has taken this long.
constexpr std::size_t parcel_bytes = 64 * 1024;
constexpr auto parcel_time = 500us;
/// Bytes of one call that may wait at the home, where its owner waits for it, and where it need not; the
/// latter is also the most for one input, and for all calls together.
constexpr std::uint64_t home_bytes = 8 * 1024 * 1024;
constexpr std::uint64_t most_home_bytes = 64 * 1024 * 1024;
/// Bytes of all calls that may wait so that each worker has two tasks.
constexpr std::uint64_t most_for_workers = 1024 * 1024 * 1024;
/// Feeding gives way to results after this.
constexpr auto feed_time = 2ms;

}  // namespace

/// Inputs of one call on their way to the home, in frames as large as they may be; the next ones of a chunk
/// are marked as open until it is whole.
class PoolClient::Parcel {
  public:
    Parcel(PoolClient& client, Call& call)
        : client_(client),
          call_(call),
          chunk_(std::max<std::uint64_t>(1, call.options.chunksize)),
          most_(client.most_sent(call)),
          first_(call.fed),
          is_open_(into_chunk() > 0) {
        if (most_ == frame_bytes) records_ = std::move(client_.spare_parcel_);
        if (!records_) records_ = std::make_unique<wire::BufferSink>(most_);
    }
    ~Parcel() {
        records_->clear();
        if (most_ == frame_bytes) client_.spare_parcel_ = std::move(records_);
    }
    Parcel(Parcel const&) = delete;

    /// Adds the call's next input, which has been read.
    void add() {
        std::size_t const start = records_->size();
        if (!add_record() && start > 0) {
            send();
            return add();
        }
        std::size_t const size = records_->size() - start;
        if (size == 0) return hold();
        if (start + size > frame_bytes) return add_alone(start);
        call_.advance(call_.fed++, false);
    }

    [[nodiscard]] std::size_t size() const { return records_->size(); }
    /// Tasks of the chunk that has been begun.
    [[nodiscard]] std::uint64_t into_chunk() const { return call_.fed % chunk_; }

    /// Sends what there is.
    void send() {
        bool const open = into_chunk() > 0 && !call_.inputs_ended;
        if (call_.fed == first_ && open == is_open_) return;
        send_frame(open, records_->bytes(), 0);
        client_.count_buffered(call_, records_->size());
        records_->clear();
    }

  private:
    /// Writes the record of the next input behind the others; false where it would become too large, with
    /// the records as they were.
    bool add_record() {
        std::size_t const start = records_->size();
        std::uint32_t length = 0;
        worker::TransferScope const transfer{call_.pins};
        try {
            records_->write(&length, sizeof length);
            call_.encode_input(*records_);
            length = static_cast<std::uint32_t>(records_->size() - start - sizeof length);
        } catch (wire::LimitReached const&) {
            records_->truncate(start);
            return false;
        } catch (SerializationError const&) {
            records_->truncate(start + sizeof length);
            length = link::no_value;
            call_.unsent[call_.fed] = std::current_exception();
        } catch (...) {
            records_->truncate(start);
            throw;
        }
        std::memcpy(records_->at(start), &length, sizeof length);
        return true;
    }

    /// The last record does not go with those before it.
    void add_alone(std::size_t start) {
        Buffer const record{records_->bytes().subspan(start)};
        records_->truncate(start);
        send();
        if (record.size() <= frame_bytes) {
            records_->write(record.bytes().data(), record.size());
            call_.advance(call_.fed++, false);
        } else if (record.size() <= most_home_bytes && most_ > frame_bytes) {
            call_.advance(call_.fed++, false);
            send_large(record.bytes());
        } else {
            auto const value = record.bytes().subspan(sizeof(std::uint32_t));
            client_.count_buffered(call_, value.size());
            call_.held.emplace(call_.fed, Buffer{value});
            call_.advance(call_.fed++, false);
            send_held();
        }
    }

    void send_large(std::span<std::byte const> record) {
        client_.count_buffered(call_, record.size());
        while (record.size() > frame_bytes) {
            send_frame(true, record.first(frame_bytes), record.size() - frame_bytes);
            record = record.subspan(frame_bytes);
        }
        send_frame(into_chunk() > 0, record, 0);
    }

    /// The next input stays here until a worker asks for it.
    void hold() {
        call_.advance(call_.fed++, true);
        send_held();
    }

    void send_held() {
        link::Tasks const held{.first = first_, .count = 1, .open = 1};
        client_.send_home(FrameKind::tasks_held, call_.id, held);
        first_ = call_.fed;
        is_open_ = true;
    }

    void send_frame(bool open, std::span<std::byte const> records, std::size_t more) {
        link::Tasks const tasks{
            .first = first_, .count = call_.fed - first_, .open = open ? 1U : 0U, .more = more};
        client_.send_home(FrameKind::tasks, call_.id, tasks, records);
        if (more == 0) first_ = call_.fed;
        is_open_ = open;
    }

    PoolClient& client_;
    Call& call_;
    std::uint64_t chunk_;
    std::size_t most_;
    std::uint64_t first_;  ///< task that has not been sent yet
    bool is_open_;         ///< the home waits for the rest of a chunk
    std::unique_ptr<wire::BufferSink> records_;
};

/// How large an input may be that is sent to the home. Where the owner waits for the call, and can send again
/// what lies in its memory, it need not be copied; nor where all inputs go to the home.
std::size_t PoolClient::most_sent(Call const& call) const {
    if (!call.encodes_again()) return wire::BufferSink::no_limit;
    bool const stays = call.is_fixed() || (!call.is_alone && call.reads_at_once());
    return stays ? frame_bytes : most_home_bytes;
}

/// Inputs that may be read now, so that no chunk is begun that cannot become whole.
std::uint64_t PoolClient::room_of(Call const& call) const {
    std::uint64_t const chunk = std::max<std::uint64_t>(1, call.options.chunksize);
    std::uint64_t const into = call.fed % chunk;
    std::uint64_t const room = std::min(call.input_room(), UINT64_MAX - into);
    return (into + room) / chunk * chunk - std::min(into, (into + room) / chunk * chunk);
}

bool PoolClient::has_room(Call const& call) const {
    // Blocks are cut when all inputs are there.
    if (call.is_fixed() || call.buffered == 0) return true;
    // A chunk that has been begun is handed out when it is whole, and only then makes room.
    if (call.fed % std::max<std::uint64_t>(1, call.options.chunksize) > 0) return true;
    if (call.fed - call.finished < 2 * size_ && buffered_ < most_for_workers) return true;
    return call.buffered < (call.is_alone ? most_home_bytes : home_bytes) && buffered_ < most_home_bytes;
}

/// Feeds the calls in turn, a little at a time.
bool PoolClient::feed_in_turn() {
    if (feeding_.empty()) return false;
    bool any = false;
    auto const until = Clock::now() + feed_time;
    for (std::size_t left = feeding_.size(); left > 0 && !feeding_.empty(); --left) {
        // Not in the list while it is fed: what its range waits for may feed others, but not this one.
        auto const call = std::move(feeding_.front());
        feeding_.pop_front();
        if (Reading::allows(*call)) any |= feed(*call, until);
        if (call->is_open && !call->inputs_ended) feeding_.push_back(call);
        if (Clock::now() >= until) break;
    }
    return any;
}

bool PoolClient::feed(Call& call, Clock::time_point until) {
    std::uint64_t const before = call.fed;
    std::exception_ptr error;
    try {
        Reading const reading{call};
        while (call.is_open && !call.inputs_ended && room_of(call) > 0 && has_room(call)) {
            feed_parcel(call, until);
            if (Clock::now() >= until) break;
        }
    } catch (...) {
        error = std::current_exception();
    }
    if (!call.is_open) {
        call.release_inputs();
    } else if (error || call.inputs_ended) {
        end_inputs(call, error);
    }
    return call.fed != before || call.inputs_ended;
}

/// Sends the next inputs as one parcel. Reading an input may wait, start other calls, and end this one.
void PoolClient::feed_parcel(Call& call, Clock::time_point until) {
    std::uint64_t const end = call.fed + std::min(room_of(call), UINT64_MAX - call.fed);
    bool const at_once = call.reads_at_once();
    SparseClock clock{!at_once || !call.encodes_again()};
    auto const up = std::min(until, clock.now() + parcel_time);
    bool time_is_up = false;
    Parcel parcel{*this, call};
    try {
        while (call.fed < end && !time_is_up) {
            if (parcel.size() >= parcel_bytes) {
                parcel.send();
                if (parcel.into_chunk() == 0) break;
            }
            call.inputs_ended = !call.has_input();
            if (!call.is_open) return;
            if (call.inputs_ended) break;
            parcel.add();
            if (!call.is_open) return;
            // The next one may be long in coming, or come only when this one has its result.
            if (!at_once) parcel.send();
            time_is_up = clock.tick() && clock.now() > up;
        }
    } catch (...) {
        call.inputs_ended = true;
        if (call.is_open) parcel.send();
        throw;
    }
    parcel.send();
}

void PoolClient::count_buffered(Call& call, std::uint64_t bytes) {
    call.buffered += bytes;
    buffered_ += bytes;
}

void PoolClient::drop_buffered(Call& call, std::uint64_t bytes) {
    bytes = std::min(call.buffered, bytes);
    call.buffered -= bytes;
    buffered_ -= bytes;
}

/// The task has its result.
void PoolClient::drop_input(Call& call, std::uint64_t task) {
    call.drop_kept(task);
    if (auto const held = call.held.extract(task)) drop_buffered(call, held.mapped().size());
}

void PoolClient::end_inputs(Call& call, std::exception_ptr error) {
    call.inputs_ended = true;
    call.input_error = std::move(error);
    // Others may hold what their tasks need, such as a broadcast value.
    if (call.encodes_again()) call.release_inputs();
    finish_if_done(call);
}

void PoolClient::send_input(Request const& request) {
    auto const call = find(request.call);
    worker::Mailbox::InPieces const in_pieces{mailbox_};
    stream_peer_ = request.worker;
    stream_lost_ = false;
    try {
        worker::StreamSink stream{mailbox_, request.worker, id_, request.call, stream_lost_};
        try {
            if (!call) return stream.abandon();
            if (auto const held = call->held.find(request.task.task); held != call->held.end()) {
                stream.write(held->second.bytes().data(), held->second.size());
            } else {
                worker::TransferScope const transfer{call->pins};
                call->encode_kept(request.task.task, stream);
            }
        } catch (worker::StreamLost const&) {
            throw;
        } catch (...) {
            call->unsent[request.task.task] = std::current_exception();
            return stream.abandon();
        }
        stream.finish();
    } catch (worker::StreamLost const&) {
        // Its task will be given to another worker, which will ask again.
    }
    stream_peer_ = {};
}

}  // namespace rankpool::pool
