// SPDX-License-Identifier: MIT
#include "rankpool/protocol/value_change.hpp"

#include "rankpool/protocol/nonsense.hpp"

#include <algorithm>
#include <cstring>

namespace rankpool::link {
namespace {

template <class Number>
void add(std::span<std::byte> to, std::span<std::byte const> amount) {
    if (to.size() != sizeof(Number)) refuse("a number of another size");
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
    refuse("a number of no type");
}

}  // namespace

bool change_value(Operation operation, NumberType type, std::span<std::byte> place,
                  std::span<std::byte const> value) {
    if (operation == Operation::add) {
        add(type, place, value);
        return true;
    }
    bool const compares = operation == Operation::compare_exchange;
    if (compares && !std::equal(place.begin(), place.end(), value.begin())) return false;
    std::ranges::copy(value.last(place.size()), place.begin());
    return true;
}

}  // namespace rankpool::link
