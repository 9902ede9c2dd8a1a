// SPDX-License-Identifier: MIT
#include "rankpool/service/object_service.hpp"

#include <algorithm>
#include <vector>

namespace rankpool::supervisor {

using link::FrameKind;
using link::SharedRequest;

bool ObjectService::make(std::uint32_t number, link::ObjectTerms const& terms) {
    auto object = objects::make_object(terms, *this, shared_words_, {outbox_.rank(), number});
    if (!object) return false;
    objects_[number] = std::move(object);
    return true;
}

link::SharedMemory const* ObjectService::memory(std::uint32_t number) const {
    auto const object = objects_.find(number);
    return object == objects_.end() ? nullptr : object->second->memory();
}

void ObjectService::on_frame(link::Frame const& frame) {
    auto const request = frame.head<FrameKind::shared_ask>();
    Rank const home = request.object.home;
    if (home.value < 0 || home.value >= outbox_.ranks()) link::refuse("a shared object of no rank");
    if (home != outbox_.rank() && !outbox_.is_lost(home)) {
        link::FrameHeader header = frame.header;
        header.to = link::supervisor_of(home);
        return outbox_.send(header, frame.payload);
    }
    if (home == outbox_.rank() && request.operation == link::Operation::holdings)
        return tell_holdings(frame.header.from, request);
    // Others cannot map it, and what it costs here would be for nothing.
    if (request.operation == link::Operation::map_word && !outbox_.is_near(frame.header.from.rank))
        return answer(frame.header.from, {.number = request.number, .outcome = link::SharedOutcome::refused},
                      {});
    auto const object = objects_.find(request.object.number);
    if (home == outbox_.rank() && object != objects_.end()) {
        return object->second->on_request(frame.header.from, request, frame.tail<FrameKind::shared_ask>());
    }
    answer(frame.header.from, {.number = request.number, .outcome = link::SharedOutcome::closed}, {});
}

void ObjectService::tell_holdings(Address to, SharedRequest const& request) {
    std::vector<link::HoldingNote> notes;
    for (auto const& [number, object] : objects_) object->note_holdings(notes);
    constexpr std::size_t most = link::most_shared_bytes / sizeof(link::HoldingNote);
    auto const total = std::ssize(notes);
    auto const first = static_cast<std::size_t>(std::clamp<std::int64_t>(request.first, 0, total));
    auto const part = std::span{notes}.subspan(first, std::min(most, notes.size() - first));
    answer(to, {.number = request.number, .outcome = link::SharedOutcome::done, .first = total},
           std::as_bytes(part));
}

void ObjectService::processes_ended(objects::Ended const& ended) {
    for (auto const& [number, object] : objects_) object->processes_ended(ended);
    shared_words_.forget(ended);
}

void ObjectService::answer(Address to, link::SharedAnswer const& answer, std::span<std::byte const> tail) {
    outbox_.send(FrameKind::shared_answer, to, link::shared_pool, answer, tail);
}

void ObjectService::probe(Address owner, link::ChannelId object, std::span<std::byte const> path) {
    outbox_.send(FrameKind::shared_probe, owner, link::shared_pool, link::SharedProbe{object}, path);
}

}  // namespace rankpool::supervisor
