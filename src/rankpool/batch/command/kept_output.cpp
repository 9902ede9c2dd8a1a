// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/kept_output.hpp"

#include <algorithm>
#include <utility>

namespace rankpool::batch {
namespace {

std::string mark(std::uint64_t missing) {
    return "\n[... " + std::to_string(missing) + " bytes are left out here by rankpool ...]\n";
}

}  // namespace

void KeptOutput::add(std::string_view text) {
    bool const was_whole = is_whole();
    bytes_ += text.size();
    if (is_whole()) {
        text_ += text;
        return;
    }
    if (was_whole) {
        text_ += text;
        end_ = text_.substr(text_.size() - std::min(text_.size(), 2 * part_));
        text_.resize(std::min(text_.size(), part_));
        text_.shrink_to_fit();
        return;
    }
    end_ += text;
    if (end_.size() > 4 * part_) end_.erase(0, end_.size() - 2 * part_);
}

std::string KeptOutput::take() {
    if (is_whole()) return std::move(text_);
    end_.erase(0, end_.size() - std::min(end_.size(), part_));
    return std::move(text_) + mark(bytes_ - 2 * part_) + std::move(end_);
}

std::string shortened_output(std::string_view text, std::size_t part) {
    KeptOutput kept{2 * part, part};
    kept.add(text);
    return kept.take();
}

}  // namespace rankpool::batch
