// SPDX-License-Identifier: MIT
#include "rankpool/protocol/nonsense.hpp"

namespace rankpool::link {

void refuse(char const* what) {
    throw Nonsense(what);
}

}  // namespace rankpool::link
