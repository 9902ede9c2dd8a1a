// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/handle.hpp"
#include "rankpool/protocol/shared_messages.hpp"

#include <cstdint>
#include <span>

namespace rankpool::link {

class ValueCell;

}  // namespace rankpool::link

namespace rankpool::shared {

/// Bytes of the whole job, kept by the rank that they were made on; travels. Up to 8 of them, and units of 1,
/// 2, 4 or 8, are read and changed in memory by the processes of that rank's node, from the second time on.
/// All throw ClosedError where that is lost, in memory when this process has heard of it.
class Bytes {
  public:
    Bytes() = default;
    /// Zeroed, to be used by units of that size. Throws Error where there is no memory for so many.
    static Bytes make(std::uint64_t size, std::size_t unit);

    /// Fills `to`, in pieces of at most `unit` times a whole number: a unit is never seen half written. A
    /// round trip for each 128 KiB.
    void read(std::uint64_t offset, std::span<std::byte> to, std::size_t unit) const;
    void write(std::uint64_t offset, std::span<std::byte const> from, std::size_t unit) const;
    /// Adds a number to the one there, which is written to `before`.
    void add(std::uint64_t offset, link::NumberType type, std::span<std::byte const> amount,
             std::span<std::byte> before) const;
    void exchange(std::uint64_t offset, std::span<std::byte const> value, std::span<std::byte> before) const;
    /// Writes `both`'s second half if its first is what is there; true if so. What was there goes to
    /// `before`.
    bool compare_exchange(std::uint64_t offset, std::span<std::byte const> both,
                          std::span<std::byte> before) const;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        handle_.serialize(archive, false);
        archive& kind_;
    }

  private:
    enum class Kind : std::uint8_t {
        asked,  ///< by messages
        cell,   ///< a word may have it
        array,  ///< memory of its own
    };

    Bytes(channel::Handle handle, Kind kind) : handle_(std::move(handle)), kind_(kind) {}
    [[nodiscard]] link::ValueCell* cell() const;
    [[nodiscard]] std::span<std::byte> mapped(std::uint64_t offset, std::size_t size) const;
    bool change(link::Operation operation, link::NumberType type, std::uint64_t offset,
                std::span<std::byte const> value, std::span<std::byte> before) const;

    channel::Handle handle_;
    Kind kind_ = Kind::asked;
};

}  // namespace rankpool::shared
