// SPDX-License-Identifier: MIT
#include "rankpool/rank/drafts.hpp"

#include "rankpool/rank/frame_rules.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;
using namespace std::chrono_literals;

/// A worker that is not long at a task sends what it has in half of that.
constexpr std::chrono::nanoseconds first_look = 8ms;
constexpr std::chrono::nanoseconds longest_between = 32ms;

constexpr std::size_t heads = sizeof(link::FrameHeader) + sizeof(link::Results);

/// The frame without the first `records` of its results, which are `bytes` long.
Buffer without(link::Frame const& frame, std::uint32_t records, std::uint32_t bytes) {
    auto results = frame.head<FrameKind::results, FrameKind::block_results>();
    if (results.count < records || frame.payload.size() < sizeof results + bytes) {
        link::refuse("results that were there and are gone");
    }
    if (results.count == records && results.lasts == 0) return {};
    results.first += records;
    results.count -= records;
    link::FrameHeader header = frame.header;
    header.size -= bytes;
    Buffer rest{sizeof header + header.size};
    std::memcpy(rest.data(), &header, sizeof header);
    std::memcpy(rest.data() + sizeof header, &results, sizeof results);
    auto const tail = frame.tail<FrameKind::results, FrameKind::block_results>().subspan(bytes);
    if (!tail.empty()) std::memcpy(rest.data() + heads, tail.data(), tail.size());
    return rest;
}

}  // namespace

Clock::time_point Drafts::expect(LocalWorker& worker, Clock::time_point now) {
    worker.drafts.between = first_look;
    if (!worker.drafts.next_look) worker.drafts.next_look = now + first_look;
    return *worker.drafts.next_look;
}

std::int64_t Drafts::look(LocalWorker& worker, Clock::time_point now) {
    auto& state = worker.drafts;
    if (worker.wrote_nonsense || worker.silent || !state.next_look) return -1;
    if (now < *state.next_look) return (*state.next_look - now).count();
    bool const has_read_all = worker.backlog.empty() && worker.link->out().is_read();
    bool const gathers = worker.link->board().gathers.load() != 0;
    if (has_read_all && !gathers) {
        state.next_look.reset();
        return -1;
    }
    try {
        auto const draft = worker.link->in().draft();
        bool const is_known = state.position == draft.position && state.records == draft.records;
        if (draft.records > 0 && !is_known) pass_on(worker, draft);
    } catch (link::Nonsense const&) {
        worker.wrote_nonsense = true;
        return -1;
    }
    state.next_look = now + state.between;
    state.between = std::min(2 * state.between, longest_between);
    return (*state.next_look - now).count();
}

void Drafts::pass_on(LocalWorker& worker, link::RingConsumer::View const& draft) {
    link::Frame frame = draft.frame;
    require_workers_frame(frame.header, worker.address, outbox_.ranks());
    // What goes with collectives goes all at once.
    if (frame.header.kind != FrameKind::results) return;
    auto& state = worker.drafts;
    if (state.position != draft.position) state = {state.next_look, state.between, draft.position, 0, 0};
    auto results = frame.head<FrameKind::results>();
    results.count = draft.records;
    results.busy_ns = 0;
    results.lasts = 0;
    auto const bytes = static_cast<std::uint32_t>(frame.payload.size() - sizeof results);
    if (draft.records < state.records || bytes < state.bytes) {
        link::refuse("results that were there and are gone");
    }
    results.first += state.records;
    results.count -= state.records;
    auto const records = frame.tail<FrameKind::results>().subspan(state.bytes);
    outbox_.send(frame.header, link::bytes_of(results), records);
    state.records = draft.records;
    state.bytes = bytes;
}

std::optional<Buffer> Drafts::rest_of(LocalWorker& worker, link::Frame const& frame, std::uint64_t position) {
    auto& state = worker.drafts;
    if (state.records == 0 || state.position != position) return std::nullopt;
    auto const [records, bytes] = std::pair{std::exchange(state.records, 0), std::exchange(state.bytes, 0)};
    return without(frame, records, bytes);
}

}  // namespace rankpool::supervisor
