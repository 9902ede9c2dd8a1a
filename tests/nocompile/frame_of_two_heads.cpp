// expect: rankpool: frames of these kinds begin with different structs
// SPDX-License-Identifier: MIT
#include "rankpool/protocol/heads.hpp"

using rankpool::link::FrameKind;

auto read(rankpool::link::Frame const& frame) {
    return frame.head<FrameKind::pool_open, FrameKind::pool_close>();
}
