// SPDX-License-Identifier: MIT
#include "rankpool/shared/shared_array.hpp"

#include "rankpool/core/error.hpp"

#include <limits>
#include <string>

namespace rankpool::shared {

channel::Handle make_memory(std::uint64_t size) {
    return channel::make_object({.kind = link::ObjectKind::memory, .has_action = 0, .size = size});
}

std::uint64_t bytes_for(std::size_t n, std::size_t each) {
    if (n <= std::numeric_limits<std::int64_t>::max() / each) return n * each;
    throw UsageError("cannot make an array of " + std::to_string(n) +
                     " values (no memory is so large). Is the number below 0?");
}

std::shared_ptr<link::SharedMemory> map_memory(channel::Handle const& handle) {
    link::ChannelPlace const place = channel::Channels::here().place_of(handle.endpoint().end());
    if (place.exists == 0) {
        throw ClosedError(
            "cannot use this shared array (the rank where it was made is lost, or nobody held it any more)");
    }
    auto memory = place.pid == 0 ? nullptr : link::SharedMemory::open(place.pid, place.fd, place.secret);
    if (memory) return memory;
    throw UsageError(
        "cannot map this shared array here (it is memory of another node, or this process may not open it). "
        "Use an Array?");
}

}  // namespace rankpool::shared
