// expect: PoolTerms'
// SPDX-License-Identifier: MIT
#include "rankpool/protocol/heads.hpp"

using rankpool::link::FrameKind;

rankpool::link::PoolSize read(rankpool::link::Frame const& frame) {
    return frame.head<FrameKind::pool_open>();
}
