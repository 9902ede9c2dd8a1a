// SPDX-License-Identifier: MIT
#include "rankpool/batch/job/run.hpp"

namespace rankpool::batch {

Progress Run::progress(std::string things, std::optional<std::uint64_t> total) const {
    return Progress{std::move(things), total, settings_.progress};
}

}  // namespace rankpool::batch
