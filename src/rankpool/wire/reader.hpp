// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/compound.hpp"
#include "rankpool/wire/sequence.hpp"
#include "rankpool/wire/source.hpp"

#include <cstddef>
#include <cstdint>

namespace rankpool::wire {

/// Reads fast types from a source; costs nothing to make. Throws SerializationError on bytes that are no
/// value.
class Reader {
  public:
    explicit Reader(Source& source) : source_(source) {}

    template <Fast T>
    Reader& operator>>(T& value) {
        if constexpr (IsCompound<T>) {
            Compound<T>::load(*this, value);
        } else if constexpr (std::is_same_v<T, bool>) {
            value = read_bool();
        } else {
            read(&value, sizeof(T));
        }
        return *this;
    }

    void read(void* data, std::size_t size) { source_.read(data, size); }
    bool read_bool();

    /// The count of a container whose items take at least `item_size` bytes each. Throws when so many cannot
    /// follow, so that damaged bytes do not ask for memory; items that take no bytes are allowed in moderate
    /// number, all containers of a value together.
    std::size_t read_count(std::size_t item_size);

    /// A wish such as a bucket count: lowered to what the message could fill.
    std::size_t read_hint();

  private:
    static constexpr std::uint64_t most_empty_items = std::uint64_t{1} << 20;

    Source& source_;
    std::uint64_t empty_items_left_ = most_empty_items;
};

}  // namespace rankpool::wire
