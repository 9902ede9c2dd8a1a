// SPDX-License-Identifier: MIT
#include "rankpool/link/nonsense.hpp"

namespace rankpool::link {

void refuse(char const* what) {
    throw Nonsense(what);
}

}  // namespace rankpool::link
