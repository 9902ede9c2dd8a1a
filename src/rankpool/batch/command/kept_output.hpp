// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rankpool::batch {

/// What a process writes to one stream: all of it up to a limit, else its start and its end with a mark
/// between that says how much is missing.
class KeptOutput {
  public:
    /// `most` bytes are kept whole; of more than that, `part` bytes at either end.
    KeptOutput(std::size_t most, std::size_t part) : most_(most), part_(part) {}

    void add(std::string_view text);
    /// How many have been written.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] bool is_whole() const { return bytes_ <= most_; }
    /// Gives it away.
    [[nodiscard]] std::string take();

  private:
    std::size_t most_;
    std::size_t part_;
    std::uint64_t bytes_ = 0;
    std::string text_;  ///< all, or the start
    std::string end_;   ///< where that is not all
};

/// The text if it is no longer than two parts, else its start and end with the mark of KeptOutput between.
std::string shortened_output(std::string_view text, std::size_t part);

}  // namespace rankpool::batch
