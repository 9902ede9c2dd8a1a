// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/json_fields.hpp"
#include "rankpool/batch/monitor/status_lines.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/core/utf8.hpp"

#include <cstdint>
#include <string>

/// Whatever stands in a status file: what is told of it can be shown, or it is none.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text{reinterpret_cast<char const*>(data), size};
    auto const status = rankpool::batch::parse_object(text);
    if (!status) return 0;
    auto const lines = rankpool::batch::status_lines(*status, 200);
    if (rankpool::printable_lines(lines) != lines) __builtin_trap();
    if (!rankpool::is_utf8(rankpool::batch::dumped(*status, 1))) __builtin_trap();
    return 0;
}
