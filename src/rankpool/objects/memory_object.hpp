// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/object.hpp"
#include "rankpool/shared_ring/shared_memory.hpp"

namespace rankpool::objects {

/// Memory of this node, which its processes map; nothing is asked of it.
class MemoryObject : public Object {
  public:
    /// Throws Error.
    MemoryObject(Replies& replies, link::ChannelId id, std::uint64_t size)
        : Object(replies, id), memory_(size) {}

    void on_request(Address /*from*/, link::SharedRequest const& /*request*/,
                    std::span<std::byte const> /*tail*/) override {
        link::refuse("a request for memory");
    }
    void processes_ended(Ended const& /*ended*/) override {}
    [[nodiscard]] link::SharedMemory const* memory() const override { return &memory_; }

  private:
    link::SharedMemory memory_;
};

}  // namespace rankpool::objects
