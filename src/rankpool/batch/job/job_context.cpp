// SPDX-License-Identifier: MIT
#include "rankpool/batch/job/job_context.hpp"

namespace rankpool::batch {

Progress JobContext::progress(std::string things, std::optional<std::uint64_t> total) const {
    return Progress{std::move(things), total, settings_.progress};
}

}  // namespace rankpool::batch
