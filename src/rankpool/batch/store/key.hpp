// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/claim.hpp"
#include "rankpool/batch/store/run_record.hpp"
#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/wire/codec.hpp"

#include <span>

namespace rankpool::batch {

/// A hash of the job's name and options (XXH3).
std::uint64_t seed_of(RunRecord const& record);

/// A hash of an input's encoded content under a run's seed (XXH3, 128 bits).
InputKey key_of(std::span<std::byte const> content, std::uint64_t seed);

/// The same for an input.
template <class Input>
InputKey key_of_input(Input const& input, std::uint64_t seed, wire::BufferSink& scratch) {
    scratch.clear();
    wire::encode(scratch, input);
    return key_of(scratch.bytes(), seed);
}

}  // namespace rankpool::batch
