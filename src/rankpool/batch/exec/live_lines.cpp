// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/live_lines.hpp"

#include "rankpool/batch/exec/output_order.hpp"
#include "rankpool/core/stream_write.hpp"

#include <unistd.h>

namespace rankpool::batch {
namespace {

/// A longer line goes out in parts.
constexpr std::size_t most_held = std::size_t{1} << 20;

}  // namespace

LiveLines::~LiveLines() {
    if (held_.empty()) return;
    held_ += '\n';
    write();
}

void LiveLines::add(std::string_view text) {
    held_ += text;
    auto const end = held_.size() > most_held ? held_.size() : held_.rfind('\n') + 1;
    if (end == 0) return;
    auto rest = held_.substr(end);
    held_.resize(end);
    write();
    held_ = std::move(rest);
}

void LiveLines::write() const {
    // A reader that has left is the main worker's concern.
    (void)write_all(STDOUT_FILENO, tagged(held_, tag_));
}

}  // namespace rankpool::batch
