// SPDX-License-Identifier: MIT
// How a pool's inputs leave its owner.
#include "rankpool/core/sparse_clock.hpp"
#include "rankpool/pool/pool_core.hpp"
#include "rankpool/worker/stream.hpp"

#include <algorithm>
#include <cstring>

namespace rankpool::pool {
namespace {

using link::FrameKind;
using namespace std::chrono_literals;

/// A parcel is sent at this size, or when gathering it has taken this long.
constexpr std::size_t parcel_bytes = 64 * 1024;
constexpr auto parcel_time = 500us;
/// Bytes of one call that may wait at the home.
constexpr std::uint64_t home_bytes = 8 * 1024 * 1024;
/// Feeding gives way to results after this.
constexpr auto feed_time = 2ms;

}  // namespace

bool PoolCore::may_feed(Call const& call) const {
    std::uint64_t const least = std::max<std::uint64_t>(1, call.options.chunksize);
    // Blocks are cut when all inputs are there.
    bool const home_has_room = call.is_fixed() || call.buffered < home_bytes;
    return !call.inputs_ended && home_has_room && call.input_room() >= least;
}

bool PoolCore::feed(Call& call) {
    bool any = false;
    auto const begin = Clock::now();
    while (may_feed(call) && Clock::now() - begin < feed_time) {
        std::uint64_t const before = call.fed;
        std::exception_ptr error;
        std::uint64_t count = 0;
        try {
            count = feed_parcel(call);
        } catch (...) {
            error = std::current_exception();
        }
        any |= call.fed != before;
        if (error || call.inputs_ended) end_inputs(call, error);
        if (count == 0) break;
    }
    return any;
}

/// Sends the next inputs as one parcel, which ends with a chunk; returns how many there were.
std::uint64_t PoolCore::feed_parcel(Call& call) {
    std::uint64_t const chunk = std::max<std::uint64_t>(1, call.options.chunksize);
    std::uint64_t const room = call.input_room() / chunk * chunk;
    std::uint64_t const begin = call.fed;
    std::uint64_t first = begin;  // of the frame
    SparseClock clock;
    auto const up = clock.now() + parcel_time;
    bool time_is_up = false;
    parcel_.clear();
    auto const send_frame = [&](bool open) {
        link::Tasks const tasks{first, call.fed - first, open ? 1U : 0U, 0};
        send_home(FrameKind::tasks, call.id, tasks, parcel_.bytes());
        call.buffered += parcel_.size();
        parcel_.clear();
        first = call.fed;
    };
    try {
        while (call.fed - begin < room) {
            bool const chunk_is_whole = (call.fed - begin) % chunk == 0;
            if (call.fed > begin && chunk_is_whole && (parcel_.size() >= parcel_bytes || time_is_up)) break;
            if (!call.has_input()) {
                call.inputs_ended = true;
                break;
            }
            bool const fits = parcel_.size() < parcel_bytes && add_record(call, call.fed);
            if (!fits && call.fed > first) {
                send_frame(true);
                continue;
            }
            if (!fits) {
                parcel_.clear();
                link::Tasks const held{call.fed, 1, 1, 0};
                send_home(FrameKind::tasks_held, call.id, held);
                first = call.fed + 1;
            }
            call.advance(call.fed++, !fits);
            time_is_up |= clock.tick() && clock.now() > up;
        }
    } catch (...) {
        send_frame(false);
        throw;
    }
    if (call.fed > begin) send_frame(false);
    return call.fed - begin;
}

/// Adds the next input to the parcel; false when it does not fit, with the parcel as it was.
bool PoolCore::add_record(Call& call, std::uint64_t task) {
    std::size_t const start = parcel_.size();
    std::uint32_t length = 0;
    worker::Transit const transit{call.pins};
    try {
        parcel_.write(&length, sizeof length);
        call.encode_input(parcel_);
        length = static_cast<std::uint32_t>(parcel_.size() - start - sizeof length);
    } catch (wire::LimitReached const&) {
        parcel_.truncate(start);
        return false;
    } catch (SerializationError const&) {
        parcel_.truncate(start + sizeof length);
        length = link::no_value;
        call.unsent[task] = std::current_exception();
    } catch (...) {
        parcel_.truncate(start);
        throw;
    }
    std::memcpy(parcel_.at(start), &length, sizeof length);
    return true;
}

void PoolCore::end_inputs(Call& call, std::exception_ptr error) {
    call.inputs_ended = true;
    call.input_error = std::move(error);
    finish_if_done(call);
}

void PoolCore::send_input(Request const& request) {
    Call* call = find(request.call);
    stream_peer_ = request.worker;
    stream_lost_ = false;
    try {
        worker::StreamSink stream{post_, request.worker, id_, request.call, stream_lost_};
        try {
            if (!call) return stream.abandon();
            worker::Transit const transit{call->pins};
            call->encode_kept(request.task.task, stream);
        } catch (SerializationError const&) {
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
