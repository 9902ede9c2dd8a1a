// expect: rankpool: a std::string_view cannot travel (it does not own its text). Send std::string
// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

#include <string>
#include <string_view>

std::size_t size(std::string_view text) {
    return text.size();
}

auto id() {
    return rankpool::task::Task<rankpool::task::Function<size>, std::string>::id();
}
