// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace rankpool::wire {

/// Watches the stack while a value is written or rebuilt, whose parts may be nested as deeply as its maker
/// likes: a list of a million nodes, each the owner of the next.
class StackRoom {
  public:
    StackRoom() : begin_(position()) {}

    /// To be called at each level. Throws SerializationError where little is left of the thread's stack.
    void require() const {
        if (begin_ - position() > unsuspicious) require_room(begin_ - position());
    }

  private:
    /// Nothing needs to be asked before a value has used so many bytes of stack.
    static constexpr std::intptr_t unsuspicious = 128 * 1024;

    static std::intptr_t position() { return reinterpret_cast<std::intptr_t>(__builtin_frame_address(0)); }
    static void require_room(std::intptr_t used);

    std::intptr_t begin_;
};

}  // namespace rankpool::wire
