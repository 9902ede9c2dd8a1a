// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/store_object.hpp"

#include <list>

namespace rankpool::objects {

/// What a Dict keeps on one rank: values by their keys, both as bytes. Each entry has a version, which grows
/// with each change, so that who has read it can change it if nobody else has meanwhile.
class MapObject : public StoreObject {
  public:
    using StoreObject::StoreObject;

    void processes_ended(Ended const& ended) override;

  private:
    struct Entry {
        Bytes value;
        std::int64_t version = 0;
    };
    struct WaitingRequest {
        Address process;
        std::uint64_t number = 0;
        Bytes key;
    };
    using Entries = std::map<Bytes, Entry, BytesLess>;

    void on_whole(Address from, link::SharedRequest const& request, Bytes bytes) override;
    void on_key(Address from, link::SharedRequest const& request, Bytes key);
    void put(Address from, link::SharedRequest const& request, Bytes const& bytes);
    void pop(Address from, link::SharedRequest const& request, Entries::iterator entry);
    void snapshot(Address from, link::SharedRequest const& request);
    void serve(Bytes const& key, Entry const& entry);

    Entries entries_;
    std::int64_t changes_ = 0;
    std::list<WaitingRequest> waiting_;
};

}  // namespace rankpool::objects
