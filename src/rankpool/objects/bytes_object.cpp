// SPDX-License-Identifier: MIT
#include "rankpool/objects/bytes_object.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/protocol/value_change.hpp"
#include "rankpool/shared_ring/elements.hpp"

#include <unistd.h>

#include <algorithm>
#include <new>
#include <vector>

namespace rankpool::objects {

using link::NumberType;
using link::Operation;
using link::SharedOutcome;
using link::ValueCell;

namespace {

/// What is smaller is mapped when a process wants it, and copied then; of larger ones that would cost memory
/// that nobody uses.
constexpr std::uint64_t least_mapped_at_once = 64 * 1024;

}  // namespace

BytesObject::BytesObject(Replies& replies, SharedWords& words, link::ChannelId id, std::uint64_t size,
                         bool may_be_mapped)
    : Object(replies, id), may_be_mapped_(may_be_mapped), size_(size) {
    if (size <= ValueCell::size) cell_ = word_.emplace(words).cell();
    if (cell_) return;
    memory_.reset(
        static_cast<std::byte*>(std::calloc(std::max<std::uint64_t>(size, 1), 1)));  // NOLINT: zeroed
    if (!memory_) throw std::bad_alloc();
    if (may_be_mapped && size >= least_mapped_at_once) map();
    may_be_mapped_ = may_be_mapped && size < least_mapped_at_once;
}

BytesObject::~BytesObject() {
    if (mapped_) --count_mapped_;
}

/// From now on it is memory of the node, where that can be had.
void BytesObject::map() {
    if (count_mapped_ == most_mapped) return;
    may_be_mapped_ = false;
    try {
        mapped_ = std::make_unique<link::SharedMemory>(size_);
    } catch (Error const&) {
        return;
    }
    ++count_mapped_;
    if (size_ < least_mapped_at_once) link::store_elements(all(), memory_.get());
    memory_.reset();
}

std::span<std::byte> BytesObject::all() const {
    return mapped_ ? mapped_->bytes().first(size_) : std::span{memory_.get(), size_};
}

void BytesObject::tell_place(Address from, std::uint64_t number) {
    if (cell_) {
        return replies().answer(from, {.number = number, .first = word_->index()},
                                link::bytes_of(word_->words().told_place()));
    }
    if (may_be_mapped_) map();
    if (!mapped_) return answer(from, number, SharedOutcome::refused);
    link::WordPlace const place{::getpid(), mapped_->fd(), mapped_->secret()};
    replies().answer(from, {.number = number, .first = -1}, link::bytes_of(place));
}

void BytesObject::check_part(std::int64_t offset, std::uint64_t size) const {
    bool const is_inside = offset >= 0 && static_cast<std::uint64_t>(offset) <= size_ &&
                           size <= size_ - static_cast<std::uint64_t>(offset);
    if (!is_inside || size > link::most_shared_bytes) link::refuse("bytes that a value has not");
}

template <class Change>
void BytesObject::update(Change change) {
    if (cell_) return cell_->update(change);
    change(all());
}

void BytesObject::on_request(Address from, link::SharedRequest const& request,
                             std::span<std::byte const> tail) {
    switch (request.operation) {
        case Operation::map_word:
            return tell_place(from, request.number);
        case Operation::read:
            return read(from, request);
        case Operation::write:
            check_part(request.first, tail.size());
            if (mapped_) {
                link::store_elements(all().subspan(static_cast<std::size_t>(request.first), tail.size()),
                                     tail.data());
                return answer(from, request.number, SharedOutcome::done);
            }
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
    if (mapped_) {
        std::vector<std::byte> seen(size);
        link::load_elements(all().subspan(offset, size), seen.data());
        return replies().answer(from, {.number = request.number}, seen);
    }
    if (!cell_) return replies().answer(from, {.number = request.number}, all().subspan(offset, size));
    auto const bytes = cell_->bytes();
    replies().answer(from, {.number = request.number}, std::span{bytes}.subspan(offset, size));
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
    replies().answer(
        from, {.number = request.number, .outcome = is_done ? SharedOutcome::done : SharedOutcome::late},
        before);
}

}  // namespace rankpool::objects
