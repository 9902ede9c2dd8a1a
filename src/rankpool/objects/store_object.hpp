// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/object.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace rankpool::objects {

using Bytes = std::vector<std::byte>;

struct BytesLess {
    bool operator()(Bytes const& a, Bytes const& b) const {
        return std::ranges::lexicographical_compare(a, b, [](std::byte x, std::byte y) { return x < y; });
    }
};

/// What maps and lists have in common: values of any size come and go in pieces, and what is kept has a
/// bound.
class StoreObject : public Object {
  public:
    /// `limit`: bytes, 0 for no bound.
    StoreObject(Replies& replies, link::ChannelId id, std::uint64_t limit)
        : Object(replies, id), limit_(limit) {}

    void on_request(Address from, link::SharedRequest const& request, std::span<std::byte const> tail) final;
    void processes_ended(Ended const& ended) override;

  protected:
    virtual void on_whole(Address from, link::SharedRequest const& request, Bytes bytes) = 0;

    /// Answers with bytes, the first of them at once, and with `first`; `second` says how many they are.
    void reply(Address to, std::uint64_t number, link::SharedOutcome outcome, std::int64_t first,
               Bytes bytes);
    /// Counts what takes the place of so many bytes; false where that is more than there may be.
    bool charge(std::size_t added, std::size_t removed);
    void discharge(std::size_t removed) { used_ -= removed; }

  private:
    void send_more(Address to, link::SharedRequest const& request);

    std::uint64_t limit_;
    std::uint64_t used_ = 0;
    std::map<Address, Bytes> staged_;                            ///< the beginning of a request
    std::map<std::pair<Address, std::uint64_t>, Bytes> unsent_;  ///< answers of which only a part has gone
};

/// Appends its length and itself.
void append_record(Bytes& to, std::span<std::byte const> bytes);

}  // namespace rankpool::objects
