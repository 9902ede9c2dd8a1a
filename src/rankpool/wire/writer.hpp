// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/compound.hpp"
#include "rankpool/wire/sequence.hpp"
#include "rankpool/wire/sink.hpp"

#include <cstddef>
#include <cstdint>

namespace rankpool::wire {

/// Writes fast types to a sink; costs nothing to make.
class Writer {
  public:
    explicit Writer(Sink& sink) : sink_(sink) {}

    template <Fast T>
    Writer& operator<<(T const& value) {
        if constexpr (IsCompound<T>) {
            Compound<T>::save(*this, value);
        } else {
            write(&value, sizeof(T));
        }
        return *this;
    }

    void write(void const* data, std::size_t size) { sink_.write(data, size); }
    void write_count(std::size_t count) { *this << std::uint64_t{count}; }

  private:
    Sink& sink_;
};

}  // namespace rankpool::wire
