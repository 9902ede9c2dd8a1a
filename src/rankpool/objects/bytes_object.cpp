// SPDX-License-Identifier: MIT
#include "rankpool/objects/bytes_object.hpp"

#include "rankpool/protocol/value_change.hpp"

#include <algorithm>
#include <new>
#include <vector>

namespace rankpool::objects {

using link::NumberType;
using link::Operation;
using link::SharedOutcome;
using link::ValueCell;

BytesObject::BytesObject(Outbox& outbox, SharedWords& words, link::ChannelId id, std::uint64_t size)
    : Object(outbox, id), size_(size) {
    if (size <= ValueCell::size) cell_ = word_.emplace(words).cell();
    if (cell_) return;
    memory_.reset(
        static_cast<std::byte*>(std::calloc(std::max<std::uint64_t>(size, 1), 1)));  // NOLINT: zeroed
    if (!memory_) throw std::bad_alloc();
}

void BytesObject::check_part(std::int64_t offset, std::uint64_t size) const {
    bool const is_inside = offset >= 0 && static_cast<std::uint64_t>(offset) <= size_ &&
                           size <= size_ - static_cast<std::uint64_t>(offset);
    if (!is_inside || size > link::most_shared_bytes) link::refuse("bytes that a value has not");
}

template <class Change>
void BytesObject::update(Change change) {
    if (cell_) return cell_->update(change);
    change(std::span{memory_.get(), size_});
}

void BytesObject::on_request(Address from, link::SharedRequest const& request,
                             std::span<std::byte const> tail) {
    switch (request.operation) {
        case Operation::map_word:
            if (!cell_) return answer(from, request.number, SharedOutcome::refused);
            return outbox().answer(from, {.number = request.number, .first = word_->index()},
                                   link::bytes_of(word_->words().told_place()));
        case Operation::read:
            return read(from, request);
        case Operation::write:
            check_part(request.first, tail.size());
            update([&](std::span<std::byte> all) { std::ranges::copy(tail, all.begin() + request.first); });
            return answer(from, request.number, SharedOutcome::done);
        case Operation::add:
        case Operation::exchange:
        case Operation::compare_exchange:
            return modify(from, request, tail);
        default:
            link::refuse("a request that no value knows");
    }
}

void BytesObject::read(Address from, link::SharedRequest const& request) {
    auto const size = static_cast<std::size_t>(request.second);
    check_part(request.first, size);
    auto const offset = static_cast<std::size_t>(request.first);
    if (!cell_) return outbox().answer(from, {.number = request.number}, {memory_.get() + offset, size});
    auto const bytes = cell_->bytes();
    outbox().answer(from, {.number = request.number}, std::span{bytes}.subspan(offset, size));
}

/// The answer has what was there before.
void BytesObject::modify(Address from, link::SharedRequest const& request, std::span<std::byte const> tail) {
    bool const compares = request.operation == Operation::compare_exchange;
    if (tail.empty() || (compares && tail.size() % 2 != 0)) link::refuse("no value to be compared with");
    std::size_t const size = compares ? tail.size() / 2 : tail.size();
    check_part(request.first, size);
    std::vector<std::byte> before;
    bool is_done = false;
    update([&](std::span<std::byte> all) {
        auto const place = all.subspan(static_cast<std::size_t>(request.first), size);
        before.assign(place.begin(), place.end());
        is_done = link::change_value(request.operation, static_cast<NumberType>(request.second), place, tail);
    });
    outbox().answer(
        from, {.number = request.number, .outcome = is_done ? SharedOutcome::done : SharedOutcome::late},
        before);
}

}  // namespace rankpool::objects
