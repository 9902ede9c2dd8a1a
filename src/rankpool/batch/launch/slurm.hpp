// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace rankpool::batch {

/// Seconds in what Slurm calls a time: `1-02:03:04`, `02:03:04`, `03:04`. Nothing where it is no time, as in
/// `UNLIMITED`, `INVALID` and `NOT_SET`.
std::optional<double> parse_slurm_time(std::string const& text);

}  // namespace rankpool::batch
