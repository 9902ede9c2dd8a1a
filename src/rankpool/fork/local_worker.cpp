// SPDX-License-Identifier: MIT
#include "rankpool/fork/local_worker.hpp"

#include <algorithm>

namespace rankpool::supervisor {

void LocalWorker::give(link::FrameHeader const& header, std::span<std::byte const> head,
                       std::span<std::byte const> body) {
    touched = true;
    if (wrote_nonsense) return;
    try {
        if (backlog.empty() && link->out().push(header, head, body)) return;
    } catch (link::Nonsense const&) {
        wrote_nonsense = true;
        return;
    }
    link::FrameHeader sized = header;
    sized.size = static_cast<std::uint32_t>(head.size() + body.size());
    Buffer frame{sizeof sized + sized.size};
    std::memcpy(frame.data(), &sized, sizeof sized);
    if (!head.empty()) std::memcpy(frame.data() + sizeof sized, head.data(), head.size());
    if (!body.empty()) std::memcpy(frame.data() + sizeof sized + head.size(), body.data(), body.size());
    backlog.push_back(std::move(frame));
}

void LocalWorker::give(Buffer frame) {
    touched = true;
    backlog.push_back(std::move(frame));
    flush();
}

std::byte* LocalWorker::reserve(std::size_t size) {
    if (wrote_nonsense) return nullptr;
    try {
        return link->out().reserve(size);
    } catch (link::Nonsense const&) {
        wrote_nonsense = true;
        return nullptr;
    }
}

void LocalWorker::commit(std::size_t size) {
    // Its header may have been written over, or have come so from another rank.
    try {
        if (link->out().reserved_size() == size) link->out().commit();
    } catch (link::Nonsense const&) {
        wrote_nonsense = true;
    }
    touched = true;
}

bool LocalWorker::flush() {
    bool moved = false;
    while (!backlog.empty()) {
        auto const bytes = backlog.front().bytes();
        std::byte* place = reserve(bytes.size());
        if (!place) break;
        std::memcpy(place, bytes.data(), bytes.size());
        commit(bytes.size());
        backlog.pop_front();
        moved = touched = true;
    }
    return moved;
}

void LocalWorker::release_sent() {
    std::optional<std::uint64_t> end;
    while (!in_place.empty() && in_place.front().sent) {
        end = in_place.front().end;
        in_place.pop_front();
    }
    if (!end) return;
    link->in().release(*end);
    touched = true;
}

LocalWorker& WorkerTable::add(WorkerKind kind) {
    auto const free = std::find(slots_.begin(), slots_.end(), nullptr);
    auto const index = static_cast<std::size_t>(free - slots_.begin());
    if (free == slots_.end()) {
        slots_.emplace_back();
        generations_.push_back(0);
    }
    auto worker = std::make_shared<LocalWorker>();
    Slot const slot{static_cast<std::uint32_t>(index)};
    Generation const generation{++generations_[index]};
    worker->birth = Birth{slot, generation, kind};
    worker->address = Address{rank_, slot, generation};
    slots_[index] = worker;
    return *worker;
}

LocalWorker* WorkerTable::find(Slot slot) {
    return slot.value < slots_.size() ? slots_[slot.value].get() : nullptr;
}

LocalWorker* WorkerTable::find(Slot slot, Generation generation) {
    LocalWorker* worker = find(slot);
    return worker && worker->link && worker->address.generation == generation ? worker : nullptr;
}

void WorkerTable::remove(Slot slot) {
    auto& place = slots_[slot.value];
    std::erase(living_, place);
    place = nullptr;
}

void WorkerTable::set_living(LocalWorker& worker) {
    living_.push_back(slots_[worker.birth.slot.value]);
}

}  // namespace rankpool::supervisor
