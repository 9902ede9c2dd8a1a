// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/frame.hpp"

#include <cstddef>
#include <cstdint>

namespace rankpool::supervisor {

/// Refuses, as Nonsense, what `worker` cannot have meant to send: a kind that is not a worker's, in another's
/// name, to whom there cannot be.
void require_workers_frame(link::FrameHeader const& header, Address const& worker, int ranks);

/// Refuses records that are not `count` ones, to the last byte; or at most so many where `may_be_fewer`.
void require_records(std::span<std::byte const> records, std::uint64_t count, bool may_be_fewer = false);

}  // namespace rankpool::supervisor
