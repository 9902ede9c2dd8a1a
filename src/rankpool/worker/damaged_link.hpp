// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/nonsense.hpp"

namespace rankpool::worker {

/// Ends this process, whose link makes no sense any more, and says so.
[[noreturn]] void end_with(link::Nonsense const& nonsense);

/// What `use` of the link gives, or the end of this process.
template <class Use>
auto or_end(Use use) {
    try {
        return use();
    } catch (link::Nonsense const& nonsense) {
        end_with(nonsense);
    }
}

}  // namespace rankpool::worker
