// SPDX-License-Identifier: MIT
#include "rankpool/core/system_limits.hpp"

#include <cerrno>
#include <system_error>

namespace rankpool {

rlimit raise_descriptor_limit() {
    rlimit before{};
    if (::getrlimit(RLIMIT_NOFILE, &before) != 0) return {RLIM_INFINITY, RLIM_INFINITY};
    set_descriptor_limit({before.rlim_max, before.rlim_max});
    return before;
}

void set_descriptor_limit(rlimit const& limit) {
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string words_of_errno(int error) {
    rlimit limit{};
    if (error == EMFILE && ::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        return "no descriptors left, ulimit -n is " + std::to_string(limit.rlim_cur);
    }
    return std::generic_category().message(error);
}

}  // namespace rankpool
