// expect: is not a constant expression
// SPDX-License-Identifier: MIT
#include "rankpool/protocol/heads.hpp"

using rankpool::link::FrameKind;

rankpool::link::KindOf<rankpool::link::PoolSize> kind() {
    return FrameKind::pool_open;
}
