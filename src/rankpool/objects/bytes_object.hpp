// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/object.hpp"

#include <cstdlib>

namespace rankpool::objects {

/// The memory of values and arrays. Each request is done as a whole before the next.
class BytesObject : public Object {
  public:
    /// Zeroed. Throws bad_alloc.
    BytesObject(Outbox& outbox, link::ChannelId id, std::uint64_t size);

    void on_request(Address from, link::SharedRequest const& request,
                    std::span<std::byte const> tail) override;
    void processes_ended(Ended const& /*ended*/) override {}

  private:
    struct Free {
        void operator()(std::byte* memory) const { std::free(memory); }  // NOLINT: from calloc
    };

    [[nodiscard]] std::span<std::byte> part(std::int64_t offset, std::uint64_t size) const;
    void modify(Address from, link::SharedRequest const& request, std::span<std::byte const> tail);

    std::unique_ptr<std::byte, Free> memory_;  ///< pages that are never used cost nothing
    std::uint64_t size_;
};

}  // namespace rankpool::objects
