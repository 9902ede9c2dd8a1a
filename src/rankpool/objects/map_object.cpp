// SPDX-License-Identifier: MIT
#include "rankpool/objects/map_object.hpp"

namespace rankpool::objects {

using link::Operation;
using link::SharedOutcome;

void MapObject::on_whole(Address from, link::SharedRequest const& request, Bytes bytes) {
    switch (request.operation) {
        case Operation::put:
        case Operation::put_new:
        case Operation::put_if:
            return put(from, request, bytes);
        case Operation::state:
            return answer(from, request.number, SharedOutcome::done,
                          static_cast<std::int64_t>(entries_.size()));
        case Operation::snapshot:
            return snapshot(from, request);
        case Operation::clear:
            for (auto const& [key, entry] : entries_) discharge(key.size() + entry.value.size());
            entries_.clear();
            return answer(from, request.number, SharedOutcome::done);
        case Operation::give_up:
            if (std::erase_if(waiting_, [&](WaitingRequest const& waiter) {
                    return waiter.process == from && waiter.number == request.number;
                }) > 0) {
                answer(from, request.number, SharedOutcome::late);
            }
            return;
        case Operation::taken:
            return;
        default:
            return on_key(from, request, std::move(bytes));
    }
}

void MapObject::on_key(Address from, link::SharedRequest const& request, Bytes key) {
    auto const found = entries_.find(key);
    bool const is_there = found != entries_.end();
    switch (request.operation) {
        case Operation::contains:
            return answer(from, request.number, is_there ? SharedOutcome::done : SharedOutcome::late);
        case Operation::pop:
            return pop(from, request, found);
        case Operation::wait:
            if (is_there || request.waiting == link::Waiting::no) break;
            waiting_.push_back({from, request.number, std::move(key)});
            return;
        case Operation::get:
            break;
        default:
            link::refuse("a request that no dict knows");
    }
    if (!is_there) return answer(from, request.number, SharedOutcome::late);
    reply(from, request.number, SharedOutcome::done, found->second.version, found->second.value);
}

/// The key has `second` bytes; the value follows. put_if: in place of the entry of version `first`, 0 for
/// none. put_new: where there is one already, that is the answer.
void MapObject::put(Address from, link::SharedRequest const& request, Bytes const& bytes) {
    if (request.second < 0 || static_cast<std::uint64_t>(request.second) > bytes.size()) {
        link::refuse("a key that is longer than its frame");
    }
    auto const middle = bytes.begin() + request.second;
    Bytes key{bytes.begin(), middle};
    auto const found = entries_.find(key);
    bool const is_there = found != entries_.end();
    if (request.operation == Operation::put_new && is_there) {
        return reply(from, request.number, SharedOutcome::late, found->second.version, found->second.value);
    }
    std::int64_t const version = is_there ? found->second.version : 0;
    if (request.operation == Operation::put_if && request.first != version) {
        return answer(from, request.number, SharedOutcome::late);
    }
    std::size_t const before = is_there ? key.size() + found->second.value.size() : 0;
    if (!charge(bytes.size(), before)) return answer(from, request.number, SharedOutcome::refused);
    Entry& entry = entries_[key];
    entry.value.assign(middle, bytes.end());
    entry.version = ++changes_;
    answer(from, request.number, SharedOutcome::done);
    serve(key, entry);
}

/// Only that of version `first`, if that is not -1. The answer is what was there.
void MapObject::pop(Address from, link::SharedRequest const& request, Entries::iterator entry) {
    std::int64_t const version = entry == entries_.end() ? 0 : entry->second.version;
    if (version == 0 || (request.first != -1 && request.first != version)) {
        return answer(from, request.number, SharedOutcome::late);
    }
    discharge(entry->first.size() + entry->second.value.size());
    Bytes value = std::move(entry->second.value);
    entries_.erase(entry);
    reply(from, request.number, SharedOutcome::done, version, std::move(value));
}

/// All keys, with their values where `first` is 1.
void MapObject::snapshot(Address from, link::SharedRequest const& request) {
    Bytes all;
    for (auto const& [key, entry] : entries_) {
        append_record(all, key);
        if (request.first == 1) append_record(all, entry.value);
    }
    reply(from, request.number, SharedOutcome::done, static_cast<std::int64_t>(entries_.size()),
          std::move(all));
}

void MapObject::serve(Bytes const& key, Entry const& entry) {
    std::erase_if(waiting_, [&](WaitingRequest const& waiter) {
        if (waiter.key != key) return false;
        reply(waiter.process, waiter.number, SharedOutcome::done, entry.version, entry.value);
        return true;
    });
}

void MapObject::processes_ended(Ended const& ended) {
    StoreObject::processes_ended(ended);
    std::erase_if(waiting_, [&](WaitingRequest const& waiter) { return ended.is_gone(waiter.process); });
}

}  // namespace rankpool::objects
