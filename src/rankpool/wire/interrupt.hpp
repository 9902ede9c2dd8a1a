// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool::wire {

/// Mark of an exception that says "the stream is gone" and not "this value cannot travel": what is derived
/// from it leaves encode() and decode() as it is.
struct StreamBroken {};

/// A BufferSink is full. No std::exception, so that a serialize() that catches those lets it pass.
struct LimitReached {};

}  // namespace rankpool::wire
