// expect: rankpool: this kind of frame has no row in heads.hpp
// SPDX-License-Identifier: MIT
#include "rankpool/protocol/heads.hpp"

using rankpool::link::FrameKind;

auto read(rankpool::link::Frame const& frame) {
    return frame.head<static_cast<FrameKind>(999)>();
}
