// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <string_view>

namespace rankpool {

/// Writes all of the bytes to a descriptor, as long as that takes, unless a signal comes after which
/// `gives_up` says true. 0, or the errno of what went wrong, such as EPIPE where the reader has gone; no
/// signal comes of it.
int write_all(int fd, std::string_view bytes, bool (*gives_up)() = nullptr);

/// The same, but waits for a slow reader no longer than the deadline: EAGAIN, and some of the bytes may have
/// been written. Waits for nobody, whatever else writes to the same pipe or terminal, and leaves its flags,
/// which other processes share, as they are. A disk is waited for.
int write_in_time(int fd, std::string_view bytes, Deadline const& deadline);

/// Nobody reads what is written to the descriptor.
bool has_lost_reader(int fd);

}  // namespace rankpool
