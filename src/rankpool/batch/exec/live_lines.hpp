// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace rankpool::batch {

/// Passes a stream on to this process's stdout line by line, each in one piece with the tag before it, so
/// that lines of several commands do not mix.
class LiveLines {
  public:
    explicit LiveLines(std::string tag) : tag_(std::move(tag)) {}
    LiveLines(LiveLines const&) = delete;
    LiveLines& operator=(LiveLines const&) = delete;
    /// What is left is a line as well.
    ~LiveLines();

    void add(std::string_view text);

  private:
    void write() const;

    std::string tag_;
    std::string held_;
};

}  // namespace rankpool::batch
