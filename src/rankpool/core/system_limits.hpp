// SPDX-License-Identifier: MIT
#pragma once

#include <sys/resource.h>

#include <string>

namespace rankpool {

/// Allows this process, and what it forks, as many descriptors as may be; returns what held before.
rlimit raise_descriptor_limit();
void set_descriptor_limit(rlimit const& limit);

/// What an errno means, with the limit where descriptors have run out.
std::string words_of_errno(int error);

}  // namespace rankpool
