// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/shared_words.hpp"

#include <cstdlib>

namespace rankpool::objects {

/// The memory of values and arrays. Each request is done as a whole before the next. What fits into a word
/// lies in one, where processes of this node read and change it as well; so they do with arrays that may be
/// mapped, as long as there are not too many of these.
class BytesObject : public Object {
  public:
    /// So many arrays have a descriptor at a home; others are used by messages.
    static constexpr std::size_t most_mapped = 256;

    /// Zeroed. Throws bad_alloc.
    BytesObject(Replies& replies, SharedWords& words, link::ChannelId id, std::uint64_t size,
                bool may_be_mapped);
    ~BytesObject() override;

    void on_request(Address from, link::SharedRequest const& request,
                    std::span<std::byte const> tail) override;
    void processes_ended(Ended const& /*ended*/) override {}

  private:
    struct Free {
        void operator()(std::byte* memory) const { std::free(memory); }  // NOLINT: from calloc
    };

    [[nodiscard]] std::span<std::byte> all() const;
    void map();
    void tell_place(Address from, std::uint64_t number);
    void check_part(std::int64_t offset, std::uint64_t size) const;
    void read(Address from, link::SharedRequest const& request);
    /// Calls `change(bytes)` for all that it has, as one step.
    template <class Change>
    void update(Change change);
    void modify(Address from, link::SharedRequest const& request, std::span<std::byte const> tail);

    std::optional<SharedWords::Share> word_;
    link::ValueCell* cell_ = nullptr;          ///< its, if it has one; else:
    std::unique_ptr<std::byte, Free> memory_;  ///< pages that are never used cost nothing; or
    std::unique_ptr<link::SharedMemory> mapped_;
    bool may_be_mapped_;
    std::uint64_t size_;

    inline static std::size_t count_mapped_ = 0;
};

}  // namespace rankpool::objects
