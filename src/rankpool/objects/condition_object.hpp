// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/request_queue.hpp"

#include <set>
#include <utility>

namespace rankpool::objects {

/// What a condition is beside its lock: those who wait to be notified. A notification that its receiver has
/// not taken when it ends goes to another.
class ConditionObject : public Object {
  public:
    using Object::Object;

    void on_request(Address from, link::SharedRequest const& request,
                    std::span<std::byte const> tail) override;
    void processes_ended(Ended const& ended) override;

    void note_holdings(std::vector<link::HoldingNote>& notes) const override {
        waiting_.note(id(), link::ObjectKind::condition, notes);
    }

  private:
    std::int64_t notify(std::int64_t count);
    void take(Address from, link::SharedRequest const& request);

    RequestQueue waiting_;
    std::set<std::pair<Address, std::uint64_t>> notified_;  ///< and have not said that they have taken it
};

}  // namespace rankpool::objects
