// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/handle.hpp"
#include "rankpool/sync/client.hpp"

#include <cstddef>
#include <span>
#include <vector>

/// Bytes of any size on their way to a shared object and back, 128 KiB in each frame.
namespace rankpool::shared {

/// Sends all of `bytes` but the last piece, and returns that. Throws Full where the object refuses them.
std::span<std::byte const> stage(channel::Handle const& object, std::span<std::byte const> bytes);
/// All that an answer consists of, of which the first piece has come.
std::vector<std::byte> whole_answer(channel::Handle const& object, sync::Client::Reply reply);

/// Throws Full where a store has refused something.
void require_room(link::SharedOutcome outcome);

}  // namespace rankpool::shared
