// SPDX-License-Identifier: MIT
#include "rankpool/objects/store_object.hpp"

#include <algorithm>

namespace rankpool::objects {

using link::Operation;
using link::SharedOutcome;

void StoreObject::on_request(Address from, link::SharedRequest const& request,
                             std::span<std::byte const> tail) {
    if (request.operation == Operation::more) return send_more(from, request);
    if (request.operation == Operation::stage) {
        Bytes& staged = staged_[from];
        if (limit_ != 0 && staged.size() + tail.size() > limit_) {
            staged_.erase(from);
            return answer(from, request.number, SharedOutcome::refused);
        }
        staged.insert(staged.end(), tail.begin(), tail.end());
        return answer(from, request.number, SharedOutcome::done);
    }
    Bytes whole;
    if (request.operation != Operation::give_up) {
        if (auto staged = staged_.extract(from)) whole = std::move(staged.mapped());
    }
    whole.insert(whole.end(), tail.begin(), tail.end());
    on_whole(from, request, std::move(whole));
}

void StoreObject::reply(Address to, std::uint64_t number, SharedOutcome outcome, std::int64_t first,
                        Bytes bytes) {
    std::size_t const size = bytes.size();
    std::size_t const now = std::min(size, link::most_shared_bytes);
    replies().answer(
        to, {.number = number, .outcome = outcome, .first = first, .second = static_cast<std::int64_t>(size)},
        std::span{bytes}.first(now));
    if (now < size) unsent_[{to, number}] = std::move(bytes);
}

/// `second` is the number of the request whose answer it is, `first` where to go on.
void StoreObject::send_more(Address to, link::SharedRequest const& request) {
    auto const unsent = unsent_.find({to, static_cast<std::uint64_t>(request.second)});
    if (unsent == unsent_.end()) link::refuse("a part of no answer");
    std::span<std::byte const> const all = unsent->second;
    if (request.first < 0 || static_cast<std::uint64_t>(request.first) >= all.size()) {
        link::refuse("a part that an answer has not");
    }
    auto const from = static_cast<std::size_t>(request.first);
    std::size_t const now = std::min(all.size() - from, link::most_shared_bytes);
    replies().answer(to, {.number = request.number}, all.subspan(from, now));
    if (from + now == all.size()) unsent_.erase(unsent);
}

bool StoreObject::charge(std::size_t added, std::size_t removed) {
    if (limit_ != 0 && used_ - removed + added > limit_) return false;
    used_ = used_ - removed + added;
    return true;
}

void StoreObject::processes_ended(Ended const& ended) {
    std::erase_if(staged_, [&](auto const& entry) { return ended.is_gone(entry.first); });
    std::erase_if(unsent_, [&](auto const& entry) { return ended.is_gone(entry.first.first); });
}

void append_record(Bytes& to, std::span<std::byte const> bytes) {
    std::uint64_t const size = bytes.size();
    auto const head = std::as_bytes(std::span{&size, 1});
    to.insert(to.end(), head.begin(), head.end());
    to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace rankpool::objects
