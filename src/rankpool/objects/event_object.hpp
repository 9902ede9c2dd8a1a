// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/request_queue.hpp"

namespace rankpool::objects {

/// Event: a flag, and those who wait for it to be set.
class EventObject : public Object {
  public:
    using Object::Object;

    void on_request(Address from, link::SharedRequest const& request,
                    std::span<std::byte const> tail) override;
    void processes_ended(Ended const& ended) override { (void)waiting_.remove(ended); }

    void note_holdings(std::vector<link::HoldingNote>& notes) const override {
        waiting_.note(id(), link::ObjectKind::event, notes);
    }

  private:
    void wait(Address from, link::SharedRequest const& request);
    void set();

    bool is_set_ = false;
    RequestQueue waiting_;
};

}  // namespace rankpool::objects
