// SPDX-License-Identifier: MIT
#include "rankpool/wire/reader.hpp"

#include <algorithm>

namespace rankpool::wire {
namespace {

constexpr std::uint64_t most_in_a_stream = std::uint64_t{1} << 48;
constexpr std::uint64_t most_empty_buckets = 65536;

}  // namespace

bool Reader::read_bool() {
    std::uint8_t byte = 0;
    read(&byte, 1);
    if (byte > 1) {
        throw SerializationError("cannot rebuild a bool (its byte is " + std::to_string(byte) +
                                 "). Do save and load match?");
    }
    return byte != 0;
}

std::size_t Reader::read_count(std::size_t item_size) {
    std::uint64_t count = 0;
    *this >> count;
    std::uint64_t const at_hand = source_.remaining();
    std::uint64_t most = most_in_a_stream;
    if (source_.is_complete()) most = item_size == 0 ? at_hand + empty_items_left_ : at_hand / item_size;
    if (count > most) {
        throw SerializationError("cannot rebuild a container of " + std::to_string(count) + " items (only " +
                                 std::to_string(at_hand) +
                                 " bytes are left of its message). Do save and load match?");
    }
    if (item_size == 0 && source_.is_complete() && count > at_hand) empty_items_left_ -= count - at_hand;
    return count;
}

std::size_t Reader::read_hint() {
    std::uint64_t hint = 0;
    *this >> hint;
    return std::min<std::uint64_t>(hint, source_.remaining() + most_empty_buckets);
}

}  // namespace rankpool::wire
