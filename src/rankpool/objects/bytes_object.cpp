// SPDX-License-Identifier: MIT
#include "rankpool/objects/bytes_object.hpp"

#include <algorithm>
#include <new>
#include <vector>

namespace rankpool::objects {
namespace {

using link::NumberType;
using link::Operation;
using link::SharedOutcome;

template <class Number>
void add(std::span<std::byte> to, std::span<std::byte const> amount) {
    if (to.size() != sizeof(Number)) link::refuse("a number of another size");
    Number value{};
    Number more{};
    std::memcpy(&value, to.data(), sizeof value);
    std::memcpy(&more, amount.data(), sizeof more);
    value = static_cast<Number>(value + more);
    std::memcpy(to.data(), &value, sizeof value);
}

void add(NumberType type, std::span<std::byte> to, std::span<std::byte const> amount) {
    switch (type) {
        // Without a sign: what is beyond its bounds wraps, as in std::atomic.
        case NumberType::int8:
            return add<std::uint8_t>(to, amount);
        case NumberType::int16:
            return add<std::uint16_t>(to, amount);
        case NumberType::int32:
            return add<std::uint32_t>(to, amount);
        case NumberType::int64:
            return add<std::uint64_t>(to, amount);
        case NumberType::float32:
            return add<float>(to, amount);
        case NumberType::float64:
            return add<double>(to, amount);
    }
    link::refuse("a number of no type");
}

}  // namespace

BytesObject::BytesObject(Outbox& outbox, link::ChannelId id, std::uint64_t size)
    : Object(outbox, id),
      memory_(static_cast<std::byte*>(std::calloc(std::max<std::uint64_t>(size, 1), 1))),  // NOLINT: zeroed
      size_(size) {
    if (!memory_) throw std::bad_alloc();
}

std::span<std::byte> BytesObject::part(std::int64_t offset, std::uint64_t size) const {
    bool const is_inside = offset >= 0 && static_cast<std::uint64_t>(offset) <= size_ &&
                           size <= size_ - static_cast<std::uint64_t>(offset);
    if (!is_inside || size > link::most_shared_bytes) link::refuse("bytes that a value has not");
    return {memory_.get() + offset, size};
}

void BytesObject::on_request(Address from, link::SharedRequest const& request,
                             std::span<std::byte const> tail) {
    switch (request.operation) {
        case Operation::read:
            return outbox().answer(from, {.number = request.number},
                                   part(request.first, static_cast<std::uint64_t>(request.second)));
        case Operation::write:
            std::copy(tail.begin(), tail.end(), part(request.first, tail.size()).begin());
            return answer(from, request.number, SharedOutcome::done);
        case Operation::add:
        case Operation::exchange:
        case Operation::compare_exchange:
            return modify(from, request, tail);
        default:
            link::refuse("a request that no value knows");
    }
}

/// The answer has what was there before.
void BytesObject::modify(Address from, link::SharedRequest const& request, std::span<std::byte const> tail) {
    bool const compares = request.operation == Operation::compare_exchange;
    if (tail.empty() || (compares && tail.size() % 2 != 0)) link::refuse("no value to be compared with");
    std::size_t const size = compares ? tail.size() / 2 : tail.size();
    auto const place = part(request.first, size);
    std::vector<std::byte> const before{place.begin(), place.end()};
    SharedOutcome outcome = SharedOutcome::done;
    if (compares && !std::equal(before.begin(), before.end(), tail.begin())) {
        outcome = SharedOutcome::late;
    } else if (request.operation == Operation::add) {
        add(static_cast<NumberType>(request.second), place, tail);
    } else {
        std::copy_n(tail.end() - static_cast<std::ptrdiff_t>(size), size, place.begin());
    }
    outbox().answer(from, {.number = request.number, .outcome = outcome}, before);
}

}  // namespace rankpool::objects
