// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/store_object.hpp"

#include <deque>

namespace rankpool::objects {

/// What a List keeps: values in order, as bytes.
class ListObject : public StoreObject {
  public:
    using StoreObject::StoreObject;

  private:
    void on_whole(Address from, link::SharedRequest const& request, Bytes bytes) override;
    void on_element(Address from, link::SharedRequest const& request, Bytes bytes);

    std::deque<Bytes> elements_;
};

}  // namespace rankpool::objects
