// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"
#include "rankpool/shared/value.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace rankpool {

/// Values that processes of the whole job share, as Python's multiprocessing.RawArray: made by
/// Context::raw_array, and travels. They are kept by the rank that they were made on. Those of 1, 2, 4 or 8
/// bytes are used in memory on that rank's node, without a message but for a process's first two times; else
/// each operation is a round trip to that rank for each 128 KiB. Throws ClosedError where that rank is lost,
/// std::out_of_range for what is not in it. No element is ever seen half written, but of many that are
/// written together some may be seen before others: hold a lock.
template <class T>
class RawArray {
  public:
    RawArray() { shared::require_plain<T>(); }
    /// `n` zeroed ones.
    explicit RawArray(std::size_t n) : bytes_(shared::Bytes::make(bytes_for(n), sizeof(T))), size_(n) {
        shared::require_plain<T>();
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] T get(std::size_t i) const {
        require(i, 1);
        std::array<std::byte, sizeof(T)> bytes;
        bytes_.read(i * sizeof(T), bytes, sizeof(T));
        return std::bit_cast<T>(bytes);
    }
    void set(std::size_t i, T const& value) const {
        require(i, 1);
        bytes_.write(i * sizeof(T), shared::bytes_of(value), sizeof(T));
    }
    /// `count` of them from `first` on.
    [[nodiscard]] std::vector<T> read(std::size_t first, std::size_t count) const {
        require(first, count);
        std::vector<T> values(count);
        if constexpr (std::is_same_v<T, bool>) {
            for (std::size_t i = 0; i < count; ++i) values[i] = get(first + i);
        } else {
            bytes_.read(first * sizeof(T), std::as_writable_bytes(std::span{values}), sizeof(T));
        }
        return values;
    }
    void write(std::size_t first, std::span<T const> values) const {
        require(first, values.size());
        bytes_.write(first * sizeof(T), std::as_bytes(values), sizeof(T));
    }

  protected:
    template <class Archive>
    void travel(Archive& archive) {
        bytes_.serialize(archive, 0);
        archive& size_;
    }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        travel(archive);
    }

    static std::uint64_t bytes_for(std::size_t n) {
        if (n <= std::numeric_limits<std::int64_t>::max() / sizeof(T)) return n * sizeof(T);
        throw UsageError("cannot make an array of " + std::to_string(n) +
                         " values (no memory is so large). Is the number below 0?");
    }
    void require(std::size_t first, std::size_t count) const {
        if (first <= size_ && count <= size_ - first) return;
        throw std::out_of_range("cannot use " + std::to_string(count) + " values from " +
                                std::to_string(first) + " on (the array has " + std::to_string(size_) + ")");
    }

    shared::Bytes bytes_;
    std::size_t size_ = 0;
};

namespace shared {

template <class T>
void fill(RawArray<T> const& array, std::vector<T> const& values) {
    if constexpr (std::is_same_v<T, bool>) {
        for (std::size_t i = 0; i < values.size(); ++i) array.set(i, values[i]);
    } else {
        array.write(0, values);
    }
}

}  // namespace shared

/// A RawArray with a lock, as Python's multiprocessing.Array
/// (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Array): made by Context::array.
/// Differs from Python: no operation waits for the lock.
template <class T>
class Array : public RawArray<T> {
  public:
    Array() = default;
    Array(std::size_t n, RLock lock) : RawArray<T>(n), lock_(std::move(lock)) {}

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
