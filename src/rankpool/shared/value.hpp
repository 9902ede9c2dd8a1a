// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/shared/bytes.hpp"
#include "rankpool/sync/lock.hpp"

#include <boost/serialization/access.hpp>

#include <array>
#include <bit>
#include <type_traits>

namespace rankpool {

namespace shared {

template <class T>
consteval void require_plain() {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !std::is_member_pointer_v<T>,
                  "rankpool: this type cannot be a shared value (its bytes alone are shared between "
                  "processes). Use numbers and structs of numbers, or a Queue");
    static_assert(sizeof(T) <= link::most_shared_bytes / 2,
                  "rankpool: this type is too large for a shared value (64 KiB). Use an Array of its parts");
}

template <class T>
concept Number = std::is_arithmetic_v<T> && !std::is_same_v<std::remove_cv_t<T>, bool>;

template <Number T>
consteval link::NumberType number_type() {
    using link::NumberType;
    if constexpr (std::is_floating_point_v<T>) {
        static_assert(sizeof(T) <= 8, "rankpool: fetch_add knows float and double only");
        return sizeof(T) == 4 ? NumberType::float32 : NumberType::float64;
    } else {
        return static_cast<NumberType>(std::countr_zero(sizeof(T)));
    }
}

template <class T>
std::array<std::byte, sizeof(T)> bytes_of(T const& value) {
    return std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
}

}  // namespace shared

/// A value that processes of the whole job share, as Python's multiprocessing.RawValue: made by
/// Context::raw_value, and travels. It is kept by the rank that it was made on. Each operation is atomic. One
/// of up to 8 bytes is used in memory on that rank's node, without a message but for a process's first two
/// times (some 15 ns); else each operation is a round trip to that rank, and throws ClosedError where it is
/// lost. Stays as it is whoever ends.
template <class T>
class RawValue {
  public:
    RawValue() { shared::require_plain<T>(); }
    explicit RawValue(T const& initial) : bytes_(shared::Bytes::make(sizeof(T), sizeof(T))) {
        shared::require_plain<T>();
        set(initial);
    }

    [[nodiscard]] T get() const {
        std::array<std::byte, sizeof(T)> bytes;
        bytes_.read(0, bytes, sizeof(T));
        return std::bit_cast<T>(bytes);
    }
    void set(T const& value) const { bytes_.write(0, shared::bytes_of(value), sizeof(T)); }

    /// As those of std::atomic: they give what was there before. Integers wrap.
    T fetch_add(T amount) const requires shared::Number<T> {
        std::array<std::byte, sizeof(T)> before;
        bytes_.add(0, shared::number_type<T>(), shared::bytes_of(amount), before);
        return std::bit_cast<T>(before);
    }
    T fetch_sub(T amount) const requires shared::Number<T> {
        if constexpr (std::is_integral_v<T>) {
            using Unsigned = std::make_unsigned_t<T>;
            return fetch_add(static_cast<T>(Unsigned{0} - static_cast<Unsigned>(amount)));
        } else {
            return fetch_add(-amount);
        }
    }
    T exchange(T value) const requires std::is_arithmetic_v<T> {
        std::array<std::byte, sizeof(T)> before;
        bytes_.exchange(0, shared::bytes_of(value), before);
        return std::bit_cast<T>(before);
    }
    /// Sets it to `desired` if it is `expected`; true if so. Else `expected` becomes what it is.
    bool compare_exchange(T& expected, T desired) const requires std::is_arithmetic_v<T> {
        std::array<T, 2> const both{expected, desired};
        std::array<std::byte, sizeof(T)> before;
        bool const is_set = bytes_.compare_exchange(0, std::as_bytes(std::span{both}), before);
        if (!is_set) expected = std::bit_cast<T>(before);
        return is_set;
    }
    /// The same, where what it is does not matter.
    bool compare_exchange(T const& expected, T desired) const requires std::is_arithmetic_v<T> {
        T is = expected;
        return compare_exchange(is, desired);
    }

  protected:
    template <class Archive>
    void travel(Archive& archive) {
        bytes_.serialize(archive, 0);
    }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        travel(archive);
    }

    shared::Bytes bytes_;
};

/// A RawValue with a lock, as Python's multiprocessing.Value
/// (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Value): made by Context::value.
/// Differs from Python: `get`, `set` and the atomic operations do not wait for the lock.
template <class T>
class Value : public RawValue<T> {
  public:
    Value() = default;
    Value(T const& initial, RLock lock) : RawValue<T>(initial), lock_(std::move(lock)) {}

    /// To be held over several operations by all who use it so.
    [[nodiscard]] RLock const& get_lock() const { return lock_; }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        this->travel(archive);
        archive& lock_;
    }

    RLock lock_;
};

}  // namespace rankpool
