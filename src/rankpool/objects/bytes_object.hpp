// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/shared_words.hpp"

#include <cstdlib>

namespace rankpool::objects {

/// The memory of values and arrays. Each request is done as a whole before the next. What fits into a word
/// lies in one, where processes of this node read and change it as well.
class BytesObject : public Object {
  public:
    /// Zeroed. Throws bad_alloc.
    BytesObject(Outbox& outbox, SharedWords& words, link::ChannelId id, std::uint64_t size);

    void on_request(Address from, link::SharedRequest const& request,
                    std::span<std::byte const> tail) override;
    void processes_ended(Ended const& /*ended*/) override {}

  private:
    struct Free {
        void operator()(std::byte* memory) const { std::free(memory); }  // NOLINT: from calloc
    };

    void check_part(std::int64_t offset, std::uint64_t size) const;
    void read(Address from, link::SharedRequest const& request);
    /// Calls `change(bytes)` for all that it has, as one step.
    template <class Change>
    void update(Change change);
    void modify(Address from, link::SharedRequest const& request, std::span<std::byte const> tail);

    std::optional<SharedWords::Share> word_;
    link::ValueCell* cell_ = nullptr;          ///< its, if it has one; else:
    std::unique_ptr<std::byte, Free> memory_;  ///< pages that are never used cost nothing
    std::uint64_t size_;
};

}  // namespace rankpool::objects
