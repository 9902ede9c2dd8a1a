// SPDX-License-Identifier: MIT
#include "rankpool/wire/stack_room.hpp"

#include "rankpool/core/error.hpp"

#include <pthread.h>

#include <algorithm>
#include <optional>

namespace rankpool::wire {
namespace {

/// Where the system does not tell how large the stack is.
constexpr std::intptr_t careful_use = 1024 * 1024;
/// What is to be left for what happens at the innermost level: user code, waits, an exception.
constexpr std::intptr_t most_reserve = 1024 * 1024;

struct Stack {
    std::intptr_t low = 0;
    std::intptr_t size = 0;
};

std::optional<Stack> own_stack() {
    pthread_attr_t attributes;
    if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return std::nullopt;
    void* low = nullptr;
    std::size_t size = 0;
    bool const is_known = ::pthread_attr_getstack(&attributes, &low, &size) == 0;
    ::pthread_attr_destroy(&attributes);
    if (!is_known) return std::nullopt;
    return Stack{reinterpret_cast<std::intptr_t>(low), static_cast<std::intptr_t>(size)};
}

}  // namespace

void StackRoom::require_room(std::intptr_t used) {
    thread_local std::optional<Stack> const stack = own_stack();
    bool const is_enough =
        stack ? position() - stack->low > std::min(stack->size / 4, most_reserve) : used < careful_use;
    if (is_enough) return;
    throw SerializationError(
        "its parts are nested too deeply (the stack has no room for more). "
        "Hold them in a std::vector, or raise the limit with ulimit -s?");
}

}  // namespace rankpool::wire
